import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PagedList } from './paged-list.svelte';

vi.mock('../../route/router.svelte', () => ({ remember: () => undefined, remembered: () => undefined }));

interface Line {
  body: string;
}

/** The answers to come, each written by its test. */
let answers: ReadableStreamDefaultController<Uint8Array>[] = [];
const write = (at: number, line: object): void =>
  answers[at]!.enqueue(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
const end = (at: number, returned: number): void => {
  write(at, { coverage: { returned, total: returned, reason: 'end', next_cursor: null } });
};

beforeEach(() => {
  answers = [];
  vi.stubGlobal('document', { baseURI: 'http://here/', hidden: false });
  vi.stubGlobal('fetch', async () => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void answers.push(controller) });
    return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shown = ({ items, list, partly }: PagedList<Line>) => ({
  bodies: items.map(({ body }) => body),
  total: list?.total ?? null,
  partly,
});
const made = (): PagedList<Line> => new PagedList<Line>({ name: 'logs', page: 50, key: ({ body }) => body });

it('shows what is found of a new search before the rest has come', async () => {
  const list = made();
  const done = list.start({ q: 'a' });
  await vi.waitFor(() => expect(answers.length).toBe(1));
  write(0, { body: 'first' });
  await vi.waitFor(() => expect(shown(list)).toEqual({ bodies: ['first'], total: null, partly: true }));
  write(0, { body: 'second' });
  end(0, 2);
  await done;
  expect(shown(list)).toEqual({ bodies: ['first', 'second'], total: 2, partly: false });
});

it('keeps what is there until the same search has been answered anew, and where that fails', async () => {
  const list = made();
  const whole = { bodies: ['first', 'second'], total: 2, partly: false };
  const done = list.start({ q: 'a' });
  await vi.waitFor(() => expect(answers.length).toBe(1));
  for (const body of whole.bodies) write(0, { body });
  end(0, 2);
  await done;
  const again = list.start({ q: 'a' });
  await vi.waitFor(() => expect(answers.length).toBe(2));
  write(1, { body: 'zeroth' });
  await new Promise(setImmediate);
  expect(shown(list)).toEqual(whole);
  write(1, { error: { code: 'query_timeout', message: 'It took too long.' } });
  await again;
  expect(shown(list)).toEqual(whole);
  expect(list.first.error).toMatchObject({ code: 'query_timeout' });
});

it('shows no beginning as the whole where a new search breaks off', async () => {
  const list = made();
  const done = list.start({ q: 'a' });
  await vi.waitFor(() => expect(answers.length).toBe(1));
  write(0, { body: 'first' });
  await vi.waitFor(() => expect(list.partly).toBe(true));
  write(0, { error: { code: 'query_timeout', message: 'It took too long.' } });
  await done;
  expect(shown(list)).toEqual({ bodies: [], total: null, partly: false });
  expect(list.first.error).toMatchObject({ code: 'query_timeout' });
});

it('counts what is new, and not what it learns of the search before', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const list = made();
  const stop = list.watch();
  const answered = async (q: string, at: number, body: string): Promise<void> => {
    const done = list.start({ q });
    await vi.waitFor(() => expect(answers.length).toBe(at + 1));
    write(at, { body });
    end(at, 1);
    await done;
  };
  await answered('a', 0, 'first');
  vi.advanceTimersByTime(5000);
  await vi.waitFor(() => expect(answers.length).toBe(2));
  await answered('b', 2, 'other');
  write(1, { body: 'newer' });
  end(1, 1);
  await new Promise(setImmediate);
  expect(list.fresh).toBe(0);
  vi.advanceTimersByTime(5000);
  await vi.waitFor(() => expect(answers.length).toBe(4));
  write(3, { body: 'newer' });
  end(3, 1);
  await vi.waitFor(() => expect(list.fresh).toBe(1));
  stop();
});
