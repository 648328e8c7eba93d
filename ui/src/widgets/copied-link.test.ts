import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { linkTo } from './copied-link';

const LONG = `http://here/t/1?find=${'x'.repeat(2000)}`;

beforeEach(() => vi.stubGlobal('document', { baseURI: 'http://here/' }));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('is the address where that is short, and one that the collector keeps where it is long', async () => {
  const body = JSON.stringify({ hash: 'kept' });
  vi.stubGlobal('fetch', async () => new Response(body, { headers: { 'content-type': 'application/json' } }));
  expect(linkTo('http://here/t/1?find=x')).toBe('http://here/t/1?find=x');
  expect(await linkTo(LONG)).toBe('http://here/t/1?s=kept');
});

it('is the long address where the collector does not answer in time', async () => {
  const late = new AbortController();
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
    return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  });
  const link = linkTo(LONG);
  late.abort();
  expect(await link).toBe(LONG);
});
