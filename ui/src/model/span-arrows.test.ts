import { describe, expect, it } from 'vitest';
import type { FoundSpan } from '../api/types';
import { paintArrows } from './arrow-paint';
import { arrowsOf, linkedIds, MOST_LINKED, readLinks } from './span-arrows';
import { makeTrace } from './testing';
import { TimeScale } from './timeline-scale';
import { buildModel, FLAG, spanId, type TraceModel } from './trace-model';

/** 0 asks, 1 sends, 2 is what came of it after 1 had ended, 3 runs within 0. */
const drawn = (): TraceModel =>
  buildModel(
    makeTrace({
      duration: 100,
      children: [
        { start: 5, duration: 10, children: [{ start: 50, duration: 20 }] },
        { start: 20, duration: 10 },
      ],
    }),
  );

const linked = (model: TraceModel, row: number, ...targets: [trace: string, span: string][]): FoundSpan =>
  ({
    span_id: spanId(model, row),
    links: targets.map(([trace_id, span_id]) => ({ trace_id, span_id, attributes: {} })),
  }) as unknown as FoundSpan;

describe('arrows', () => {
  it('lead to a child that began after its parent had ended, seen from both', () => {
    const model = drawn();
    const arrow = { from: 1, to: 2, kind: 'message' };
    expect([0, 1, 2, 3].map((row) => arrowsOf(model, row, null))).toEqual([[], [arrow], [arrow], []]);
  });

  it('lead from what a link names to the span that has it, seen from both', () => {
    const model = drawn();
    const links = readLinks(model, [linked(model, 3, [model.facts.trace_id, spanId(model, 1)])]);
    const arrow = { from: 1, to: 3, kind: 'link' };
    expect(arrowsOf(model, 3, links)).toEqual([arrow]);
    expect(arrowsOf(model, 1, links)).toEqual([arrow, { from: 1, to: 2, kind: 'message' }]);
  });

  it('do not lead out of the trace: such links are kept beside', () => {
    const model = drawn();
    const links = readLinks(model, [linked(model, 3, ['f'.repeat(32), '1'.repeat(16)])]);
    expect([arrowsOf(model, 3, links), links.elsewhere.get(3)?.length]).toEqual([[], 1]);
  });

  it('are asked for of spans that have links, and of no more than one request takes', () => {
    const model = drawn();
    expect(linkedIds(model)).toEqual([]);
    model.flags[3] = FLAG.hasLinks;
    expect(linkedIds(model)).toEqual([spanId(model, 3)]);
    const many = buildModel(makeTrace(...Array.from({ length: MOST_LINKED + 5 }, () => ({}))));
    many.flags.fill(FLAG.hasLinks);
    expect(linkedIds(many).length).toBe(MOST_LINKED);
  });
});

describe('paintArrows', () => {
  /** The points at which the heads of arrows are. */
  function heads(placeOf: (row: number) => number): [number, number][] {
    const model = drawn();
    const found: [number, number][] = [];
    let last: [number, number] = [0, 0];
    const tools: Record<string, unknown> = {
      moveTo: (x: number, y: number) => {
        last = [x, y];
      },
      fill: () => void found.push(last),
    };
    const brush = new Proxy(tools, { get: (target, name: string) => target[name] ?? (() => undefined) });
    const scale = new TimeScale({ bounds: model.bounds, gaps: [] }, model.bounds, 1000);
    const scene = { model, scale, top: 0, height: 200, ink: {} };
    paintArrows(
      brush as unknown as Parameters<typeof paintArrows>[0],
      scene as unknown as Parameters<typeof paintArrows>[1],
      arrowsOf(model, 1, null),
      placeOf,
    );
    return found;
  }

  it('points at the start of what came of it, on its row', () => {
    expect(heads((row) => row)).toEqual([[500, 2 * 24 + 12]]);
  });

  it('draws nothing between rows that are folded into the same one', () => {
    expect(heads((row) => (row === 0 ? 0 : -1))).toEqual([]);
  });
});
