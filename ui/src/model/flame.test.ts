import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOn } from '../base/color';
import { type Flame, type FlameLayout, flameRowAt, LANE, packFlame, paintFlame } from './flame';
import { drawnEnd, drawnLengths, lastSign } from './open-spans';
import { MS, makeTrace, type Sketch } from './testing';
import { TimeScale } from './timeline-scale';
import { buildModel, type TraceModel } from './trace-model';

const node = fc.memo(
  (depth): fc.Arbitrary<Sketch> =>
    fc.record({
      start: fc.integer({ min: 0, max: 100 }),
      duration: fc.integer({ min: 0, max: 50 }),
      open: fc.boolean(),
      children: depth <= 1 ? fc.constant([]) : fc.array(node(), { maxLength: 4 }),
    }),
);

const pack = (model: TraceModel, running = false): Flame =>
  packFlame({ ...model, length: drawnLengths(model, running) });

/** How a trace lies on so many pixels; what still runs in it reaches to `now` ms. */
function laid(model: TraceModel, width: number, now: number | null = null): FlameLayout {
  const openUntil = (row: number): number => (now === null ? lastSign(model, row) : now * MS);
  const bounds = { start: 0, end: Math.max(model.bounds.end, (now ?? 0) * MS) };
  const scale = new TimeScale({ bounds, gaps: [] }, bounds, width);
  return { model, flame: pack(model, now !== null), scale, openUntil, running: now !== null };
}

describe('packFlame', () => {
  it('puts parallel children into lanes of their own, below their parent', () => {
    const model = buildModel(
      makeTrace({
        duration: 100,
        children: [{ duration: 50 }, { start: 20, duration: 50 }, { start: 60, duration: 10 }],
      }),
    );
    expect(pack(model)).toMatchObject({ lane: Uint32Array.of(0, 1, 2, 1), lanes: 3 });
  });

  it('never draws one span over another, neither those that have ended nor those that still run', () => {
    fc.assert(
      fc.property(node(4), fc.option(fc.integer({ min: 200, max: 300 })), (root, now) => {
        const { model, flame, openUntil } = laid(buildModel(makeTrace(root)), 100, now);
        const end = (row: number): number => drawnEnd({ model, openUntil }, row);
        for (let one = 0; one < model.size; one++) {
          for (let other = 0; other < one; other++) {
            if (flame.lane[one] !== flame.lane[other]) continue;
            expect(end(one) <= model.start[other]! || end(other) <= model.start[one]!).toBe(true);
          }
        }
      }),
    );
  });

  it('finds the span under a point', () => {
    const layout = laid(buildModel(makeTrace({ duration: 100, children: [{ start: 50, duration: 10 }] })), 1000);
    const at = (x: number, y: number): number => flameRowAt(layout, x, y);
    expect([at(10, 5), at(550, LANE + 5), at(700, LANE + 5)]).toEqual([0, 1, -1]);
  });

  it('finds a span without an end wherever it is drawn', () => {
    const roots: Sketch[] = [{ duration: 0, open: true, children: [{ start: 20, duration: 40 }] }, { start: 90 }];
    const model = buildModel(makeTrace(...roots));
    const at = (layout: FlameLayout): number[] => [10, 50, 70, 95, 150].map((ms) => flameRowAt(layout, ms, 5));
    // Once heard of until 60 ms; while it runs it has the lane to itself.
    expect(at(laid(model, 100))).toEqual([0, 0, -1, 2, -1]);
    expect(at(laid(model, 200, 200))).toEqual([0, 0, 0, 0, 0]);
  });
});

/** How many boxes a drawing takes, which colours they have, and what is written. */
function drawn(sketches: Sketch[], width: number, now: number | null = null) {
  const colours = new Set<unknown>();
  const texts: string[] = [];
  const dashed: number[] = [];
  let boxes = 0;
  const state: Record<string, unknown> = {};
  const did: Record<string, (...given: never[]) => void> = {
    fillRect: () => {
      boxes++;
      colours.add(state.fillStyle);
    },
    fillText: (text: string) => texts.push(text),
    moveTo: (x: number) => dashed.push(x),
  };
  const brush = new Proxy(state, {
    get: (target, name: string) => (name in target ? target[name] : (did[name] ?? (() => undefined))),
  }) as unknown as Parameters<typeof paintFlame>[0];
  const services = ['#ffffff', '#000000'];
  const ink = { text: 'text', dim: '', line: '', error: 'red', ground: '', font: '', services, fills: services };
  const layout = laid(buildModel(makeTrace(...sketches)), width, now);
  const onService = ink.services.map(textOn);
  paintFlame(brush, { ...layout, height: 400, top: 0, selected: -1, marks: null, ink, onService });
  return { boxes, colours, texts, dashed };
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

  it('draws a span without an end dashed, up to when it was last heard of or up to now', () => {
    const roots: Sketch[] = [{ name: 'GET', duration: 0, open: true, children: [{ start: 10, duration: 70 }] }];
    const both = [drawn(roots, 800), drawn(roots, 800, 160)];
    expect(both.map(({ dashed, texts }) => [dashed, texts])).toEqual([
      [[799.5], ['GET  no end', 'span 2  70 ms']],
      [[799.5], ['GET  160 ms…', 'span 2  70 ms']],
    ]);
  });
});
