import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOn } from '../base/color';
import { type FlameScene, flameRowAt, LANE, packFlame, paintFlame } from './flame';
import { makeTrace, type Sketch } from './testing';
import { TimeScale } from './timeline-scale';
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
    expect(packFlame(model)).toMatchObject({ lane: Uint32Array.of(0, 1, 2, 1), lanes: 3 });
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
    const at = (x: number, y: number): number =>
      flameRowAt(model, flame, new TimeScale({ bounds: model.bounds, gaps: [] }, model.bounds, 1000), x, y);
    expect([at(10, 5), at(550, LANE + 5), at(700, LANE + 5)]).toEqual([0, 1, -1]);
  });
});

/** How many boxes a drawing of a flat trace takes, and which colours they have. */
function drawn(sketches: Sketch[], width: number): { boxes: number; colours: Set<unknown> } {
  const model = buildModel(makeTrace(...sketches));
  const colours = new Set<unknown>();
  let boxes = 0;
  const state: Record<string, unknown> = {};
  const brush = new Proxy(state, {
    get: (target, name: string) => {
      if (name !== 'fillRect') return name in target ? target[name] : () => undefined;
      return () => {
        boxes++;
        colours.add(target.fillStyle);
      };
    },
  }) as unknown as Parameters<typeof paintFlame>[0];
  const ink = { text: '', dim: '', line: '', error: 'red', ground: '', font: '', services: ['#ffffff', '#000000'] };
  const scene: FlameScene = {
    model,
    flame: packFlame(model),
    scale: new TimeScale({ bounds: model.bounds, gaps: [] }, model.bounds, width),
    height: 400,
    top: 0,
    selected: -1,
    marks: null,
    ink,
    onService: ink.services.map(textOn),
  };
  paintFlame(brush, scene);
  return { boxes, colours };
}

describe('paintFlame', () => {
  it('draws at most two boxes a pixel in a lane, and every error among them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 120, max: 3000 }), fc.integer({ min: 0, max: 2999 }), (count, failed) => {
        const sketches = Array.from({ length: count }, (_, at) => ({ start: at, duration: 1, error: at === failed }));
        const { boxes, colours } = drawn(sketches, 100);
        expect(boxes).toBeLessThanOrEqual(Math.min(count, 201));
        expect(colours.has('red')).toBe(failed < count);
      }),
      { numRuns: 30 },
    );
  });

  it('draws the longest of the spans that share a pixel', () => {
    const sketches = Array.from({ length: 2000 }, (_, at) => ({
      start: at,
      duration: at === 777 ? 0.9 : 0.1,
      service: at === 777 ? 'long' : 'short',
    }));
    expect(drawn(sketches, 100).colours).toEqual(new Set(['#ffffff', '#000000']));
  });
});
