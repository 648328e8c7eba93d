import { beforeEach, describe, expect, it, vi } from 'vitest';
import { lastSign } from '../../model/open-spans';
import { MS, makeTrace } from '../../model/testing';
import { buildModel } from '../../model/trace-model';

const query = new URLSearchParams();
const patch = (changes: Record<string, string | null>): void => {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) query.delete(key);
    else query.set(key, value);
  }
};
vi.mock('../../route/router.svelte', () => ({ router: { route: { query } }, setQuery: patch, setQuerySoon: patch }));
const { TraceTime } = await import('./trace-time.svelte');

beforeEach(() => patch({ zoom: null }));

const model = buildModel(
  makeTrace({ open: true, duration: 0, children: [{ start: 10, duration: 20 }] }, { start: 5, duration: 95 }),
);
const whole = { start: 0, end: 100 * MS };
const still = { now: null, until: (row: number): number => lastSign(model, row) };

describe('zooming to a span', () => {
  it('shows all of it', () => {
    const time = new TraceTime(() => model, still);
    time.zoomToRow(1);
    expect(time.view).toEqual({ start: 9 * MS, end: 33 * MS });
  });

  it('shows what is drawn of one that has not ended', () => {
    const time = new TraceTime(() => model, still);
    time.zoomToRow(0);
    expect(time.view).toEqual({ start: 0, end: 36 * MS });
    const now = 400 * MS;
    const running = new TraceTime(() => model, { now, until: () => now });
    running.zoomToRow(0);
    expect([running.view, running.chosen]).toEqual([{ start: 0, end: now }, null]);
  });
});

describe('a trace that counts from later', () => {
  it('goes on showing the same time, and says so in the address', () => {
    const time = new TraceTime(() => model, still);
    time.zoom({ start: 40 * MS, end: 60 * MS });
    time.countLater(15 * MS);
    expect([time.view, query.get('zoom')]).toEqual([{ start: 25 * MS, end: 45 * MS }, '25000000,45000000']);
    const other = new TraceTime(() => model, still);
    other.readAddress();
    expect(other.view).toEqual(time.view);
  });

  it('is shown whole where it no longer has that time, or all of it was shown', () => {
    const time = new TraceTime(() => model, still);
    time.countLater(15 * MS);
    expect([time.view, query.get('zoom')]).toEqual([whole, null]);
    time.zoom({ start: 40 * MS, end: 60 * MS });
    time.countLater(70 * MS);
    expect([time.view, query.get('zoom')]).toEqual([whole, null]);
  });
});
