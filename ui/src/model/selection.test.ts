import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../base/format';
import type { Heat } from './histogram';
import { areaOf, countIn, rangeOf, selectionOf, timesOf, withDurations, written } from './selection';

const heat: Heat = {
  columns: 10,
  rows: 8,
  start: 1_700_000_000_000_000_000,
  step: 1e9,
  lowest: 40,
  counts: new Float64Array(80).fill(2),
  errors: new Float64Array(80).fill(1),
  most: 2,
  unknown: 0,
};

describe('a selection', () => {
  it('is of whole cells, and open where it reaches the edge of the map', () => {
    const selection = selectionOf(heat, { left: 0.12, right: 0.38, low: 0.3, high: 1 });
    expect([selection.start - heat.start, selection.end - heat.start, selection.low, selection.high]).toEqual([
      1e9,
      4e9,
      2 ** 21,
      null,
    ]);
    expect(countIn(heat, selection)).toEqual({ count: 36, errors: 18 });
    expect(rangeOf(selection)).toEqual({ from: '2023-11-14T22:13:21.000Z', to: '2023-11-14T22:13:24.000Z' });
  });

  it('stands in the map where it was drawn', () => {
    const share = fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000);
    fc.assert(
      fc.property(share, share, share, share, (a, b, c, d) => {
        const drawn = { left: Math.min(a, b), right: Math.max(a, b), low: Math.min(c, d), high: Math.max(c, d) };
        const back = areaOf(heat, selectionOf(heat, drawn));
        expect(back.left).toBeLessThanOrEqual(drawn.left + 1e-6);
        expect(back.right).toBeGreaterThanOrEqual(drawn.right - 1e-6);
        expect(back.low).toBeLessThanOrEqual(drawn.low + 1e-6);
        expect(back.high).toBeGreaterThanOrEqual(drawn.high - 1e-6);
        expect(back.right - drawn.right).toBeLessThan(0.11);
      }),
    );
  });

  it('takes at least one column', () => {
    expect(timesOf(heat, { left: 1, right: 1, low: 0, high: 1 })).toEqual({
      start: heat.start + 9e9,
      end: heat.start + 10e9,
    });
  });

  it('is written into the search text, of spans or of traces', () => {
    const selection = { start: 0, end: 1, low: 2_097_152, high: 4_194_304 };
    expect([withDurations('a:1 duration>1s', selection, 'spans'), withDurations('', selection, 'traces')]).toEqual([
      'a:1 duration>=2.097ms duration<4.194ms',
      'trace.duration>=2.097ms trace.duration<4.194ms',
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e15 }), (ns) => {
        expect(Math.abs(parseDuration(written(ns))! - ns) / ns).toBeLessThan(0.001);
      }),
    );
  });
});
