import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apart, fill, isWhole, linePath, niceMax, stack, stepsOf } from './series';

const MINUTE = 60e9;

describe('steps', () => {
  it('begin at multiples of their length and hold every point of the range', () => {
    const steps = stepsOf(90e9, 300e9, MINUTE);
    expect(steps).toEqual({ start: 60e9, step: MINUTE, count: 4, until: 300e9 });
    const points = [60, 180, 600].map((at) => ({ time_unix_nano: at * 1e9, n: at }));
    expect(fill(steps, points, (point) => point.n, 0)).toEqual([60, 0, 180, 0]);
    expect(fill(steps, points, (point) => point.n, null, -420e9)).toEqual([null, null, 600, null]);
  });
});

describe('the last step', () => {
  it('is whole when it is over and the range holds all of it', () => {
    const [cut, full] = [stepsOf(0, 90e9, MINUTE), stepsOf(0, 120e9, MINUTE)];
    expect([isWhole(cut, 999_000), isWhole(full, 999_000), isWhole(full, 100_000)]).toEqual([false, true, false]);
  });

  it('is drawn apart where it is not, from the step before it', () => {
    expect(apart([1, 2, 3], true)).toEqual([[1, 2, 3], []]);
    expect(apart([1, 2, 3], false)).toEqual([
      [1, 2, null],
      [null, 2, 3],
    ]);
  });
});

describe('niceMax', () => {
  it('is round, not below the value and less than 2.5 times it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), (value) => {
        const max = niceMax(value);
        expect(max).toBeGreaterThanOrEqual(value * (1 - 1e-6));
        expect(max).toBeLessThanOrEqual(value * 2.5 * (1 + 1e-6));
      }),
    );
    expect([niceMax(0), niceMax(3), niceMax(10), niceMax(51)]).toEqual([1, 5, 10, 100]);
  });
});

describe('linePath', () => {
  it('breaks where nothing was measured, and shows a lone point', () => {
    expect(linePath([1, 2, null, 4, null], 50, 8, 4)).toBe('M5.0 6.0L15.0 4.0M33.0 0.0h4');
    expect(linePath([null, null], 10, 10, 1)).toBe('');
  });
});

describe('stack', () => {
  it('puts each list on those before it', () => {
    expect(
      stack([
        [1, null],
        [2, 3],
      ]),
    ).toEqual([
      [
        [0, 1],
        [0, 0],
      ],
      [
        [1, 3],
        [0, 3],
      ],
    ]);
  });
});
