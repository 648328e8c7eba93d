import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScrollSurface } from './scroll-surface';

const ROW = 24;
const surface = fc
  .tuple(fc.integer({ min: 1, max: 2_000_000 }), fc.integer({ min: 100, max: 2000 }))
  .map(([rows, height]) => new ScrollSurface(rows * ROW, height));

describe('the surface that rows are scrolled on', () => {
  it('is what the rows are high, up to what browsers take', () => {
    const tall = [10, 1_000_000].map((rows) => new ScrollSurface(rows * ROW, 500).tall);
    expect(tall).toEqual([240, 15_000_000]);
  });

  it('reaches the first and the last row, and every one between them', () => {
    fc.assert(
      fc.property(surface, fc.double({ min: -0.1, max: 1.1, noNaN: true }), (one, share) => {
        const last = Math.max(0, one.total - one.height);
        const wanted = Math.min(Math.max(share * last, 0), last);
        expect(one.scrolled(share * last)).toBeGreaterThanOrEqual(0);
        expect(one.scrolled(share * last)).toBeLessThanOrEqual(Math.max(0, one.tall - one.height));
        expect(one.top(one.scrolled(share * last))).toBeCloseTo(wanted, 3);
      }),
    );
  });

  it('brings a row into sight, and stays where it is in sight', () => {
    fc.assert(
      fc.property(surface, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (one, some, share) => {
        const y = (some % (one.total / ROW)) * ROW;
        const top = share * Math.max(0, one.total - one.height);
        const next = one.bringing(y, ROW, top);
        const shown = next === null ? top : one.top(one.scrolled(next));
        expect(y).toBeGreaterThanOrEqual(shown - 0.001);
        expect(y + ROW).toBeLessThanOrEqual(shown + one.height + 0.001);
        expect(next === null).toBe(y >= top && y + ROW <= top + one.height);
      }),
    );
  });
});
