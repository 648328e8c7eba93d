import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flameRowAt, LANE, packFlame } from './flame';
import { makeTrace, type Sketch } from './testing';
import { buildModel } from './trace-model';

const node = fc.memo(
  (depth): fc.Arbitrary<Sketch> =>
    fc.record({
      start: fc.integer({ min: 0, max: 100 }),
      duration: fc.integer({ min: 0, max: 50 }),
      children: depth <= 1 ? fc.constant([]) : fc.array(node(), { maxLength: 4 }),
    }),
);

describe('packFlame', () => {
  it('puts parallel children into lanes of their own, below their parent', () => {
    const model = buildModel(
      makeTrace({
        duration: 100,
        children: [{ duration: 50 }, { start: 20, duration: 50 }, { start: 60, duration: 10 }],
      }),
    );
    expect(packFlame(model)).toEqual({ lane: Uint32Array.of(0, 1, 2, 1), lanes: 3 });
  });

  it('never draws one span over another', () => {
    fc.assert(
      fc.property(node(4), (root) => {
        const model = buildModel(makeTrace(root));
        const { lane } = packFlame(model);
        for (let one = 0; one < model.size; one++) {
          for (let other = 0; other < one; other++) {
            if (lane[one] !== lane[other]) continue;
            const apart =
              model.start[one]! + model.duration[one]! <= model.start[other]! ||
              model.start[other]! + model.duration[other]! <= model.start[one]!;
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });

  it('finds the span under a point', () => {
    const model = buildModel(makeTrace({ duration: 100, children: [{ start: 50, duration: 10 }] }));
    const flame = packFlame(model);
    const at = (x: number, y: number): number => flameRowAt(model, flame, model.bounds, 1000, x, y);
    expect([at(10, 5), at(550, LANE + 5), at(700, LANE + 5)]).toEqual([0, 1, -1]);
  });
});
