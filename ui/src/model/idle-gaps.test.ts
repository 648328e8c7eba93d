import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findIdleGaps, LEAST } from './idle-gaps';
import { MS, makeTrace, type Sketch } from './testing';
import type { Gap } from './timeline-scale';
import { buildModel } from './trace-model';

const found = (...roots: Sketch[]): [number, number][] =>
  findIdleGaps(buildModel(makeTrace(...roots))).map((gap) => [gap.start / MS, gap.end / MS]);

/** The same by sorting, as slow as it may be. */
function bySorting(spans: readonly (readonly [number, number])[], whole: number): Gap[] {
  const gaps: Gap[] = [];
  let last = 0;
  for (const [start, length] of [...spans].sort((one, other) => one[0] - other[0])) {
    if (start - last >= whole * LEAST) gaps.push({ start: last, end: start });
    last = Math.max(last, start + length);
  }
  return gaps;
}

describe('findIdleGaps', () => {
  it('finds where no span runs: between a producer and what came of it', () => {
    expect(
      found({ duration: 10, children: [{ start: 2, duration: 3, children: [{ start: 900, duration: 100 }] }] }),
    ).toEqual([[10, 900]]);
  });

  it('takes no work for idle: a span that is open and calls nothing may be what is slow', () => {
    expect(found({ duration: 1000, children: [{ duration: 10 }, { start: 990, duration: 10 }] })).toEqual([]);
  });

  it('leaves gaps of less than a twentieth of the trace', () => {
    expect(found({ duration: 100 }, { start: 149, duration: 851 })).toEqual([]);
    expect(found({ duration: 100 }, { start: 151, duration: 849 })).toEqual([[100, 151]]);
  });

  it('has no gap after a span that has not ended', () => {
    const model = buildModel(makeTrace({ duration: 10 }, { start: 900, duration: 100 }));
    model.flags[0] = 4;
    expect(findIdleGaps(model)).toEqual([]);
  });

  it('finds what sorting the spans finds, whatever their order', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 980 }), fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 12 }), (drawn) => {
        const first = Math.min(...drawn.map(([start]) => start));
        const spans = drawn.map(([start, length]) => [start - first, length] as const);
        const model = buildModel(makeTrace(...spans.map(([start, duration]) => ({ start, duration }))));
        const drawnInNs = spans.map(([start, length]) => [start * MS, length * MS] as const);
        expect(findIdleGaps(model)).toEqual(bySorting(drawnInNs, model.bounds.end));
      }),
    );
  });
});
