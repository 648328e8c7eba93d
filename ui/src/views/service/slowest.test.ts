import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchSlowest } from './slowest';

/** Answers as the collector does: spans in the order of their times, counts, and percentiles of a rank. */
function collectorOf(durations: readonly number[]): (input: string) => Promise<Response> {
  return async (input) => {
    const { pathname, searchParams } = new URL(input);
    const q = searchParams.get('q')!;
    const [, sign, bound] = /duration(>=?)(\d+)ns/.exec(q) ?? ['', '>=', '0'];
    const spans = durations
      .map((duration, index) => ({ trace_id: 'a', span_id: `${index}`, duration }))
      .filter(({ duration }) => duration > Number(bound) || (sign === '>=' && duration === Number(bound)));
    if (pathname.endsWith('spans')) return Response.json({ spans: spans.slice(0, Number(searchParams.get('limit'))) });
    const share = /p([\d.]+)\(duration\)/.exec(q)?.[1];
    const sorted = spans.map(({ duration }) => duration).sort((one, other) => one - other);
    const value = share ? sorted[Math.floor((sorted.length - 1) * (Number(share) / 100))]! : sorted.length;
    return Response.json({ groups: [{ time_unix_nano: null, keys: [], values: [value] }] });
  };
}

beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'http://here/' });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the slowest', () => {
  const ask = async (durations: readonly number[], most: number): Promise<number[]> => {
    vi.stubGlobal('fetch', collectorOf(durations));
    const found = await fetchSlowest('service:a', {}, most, new AbortController().signal);
    return found.map(({ duration }) => duration);
  };

  it('are all that last longer, before those of which very many last equally long', async () => {
    const durations = [...new Array<number>(37).fill(5), 90, 80, 70];
    expect(await ask(durations, 5)).toEqual([90, 80, 70, 5, 5]);
  });

  it('are found among any lengths', async () => {
    expect(await ask([3, 1, 2], 5)).toEqual([3, 2, 1]);
    const durations = Array.from({ length: 100 }, (_, index) => (index * 37) % 101);
    expect(await ask(durations, 3)).toEqual([...durations].sort((one, other) => other - one).slice(0, 3));
  });
});
