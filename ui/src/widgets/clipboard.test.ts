import { afterEach, expect, it, vi } from 'vitest';
import { copyText } from './clipboard';

afterEach(() => vi.unstubAllGlobals());

/** A clipboard; what was given to it, by the name of the method. */
function clipboard(): [string, unknown][] {
  const given: [string, unknown][] = [];
  const taking = (name: string) => async (what: unknown) => void given.push([name, what]);
  vi.stubGlobal('navigator', { clipboard: { write: taking('write'), writeText: taking('writeText') } });
  return given;
}

it('gives a text that has yet to come to the browser before it is there', async () => {
  const given = clipboard();
  vi.stubGlobal(
    'ClipboardItem',
    class {
      constructor(readonly of: Record<string, Promise<Blob>>) {}
    },
  );
  let come: (text: string) => void = () => undefined;
  const copied = copyText(
    new Promise((resolve) => {
      come = resolve;
    }),
  );
  expect(given.map(([name]) => name)).toEqual(['write']);
  come('late');
  await copied;
  const [{ of }] = given[0]![1] as [{ of: Record<string, Promise<Blob>> }];
  expect(await (await of['text/plain']!).text()).toBe('late');
});

it('gives a text as it is, and waits for one where a browser takes no promise', async () => {
  const given = clipboard();
  vi.stubGlobal('ClipboardItem', undefined);
  await copyText('there');
  await copyText(Promise.resolve('late'));
  expect(given).toEqual([
    ['writeText', 'there'],
    ['writeText', 'late'],
  ]);
});
