import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callAt, type MergedCalls, mergeCalls } from './left-heavy';
import { MS, makeTrace, type Sketch } from './testing';
import { buildModel, FLAG, nameOf, serviceOf, type TraceModel } from './trace-model';

const node = fc.memo(
  (depth): fc.Arbitrary<Sketch> =>
    fc.record({
      service: fc.constantFrom('api', 'db'),
      name: fc.constantFrom('a', 'b', 'c'),
      duration: fc.nat(9),
      error: fc.boolean(),
      children: depth <= 1 ? fc.constant([]) : fc.array(node(), { maxLength: 4 }),
    }),
);
const traces = fc.array(node(4), { maxLength: 4 }).map((roots) => buildModel(makeTrace(...roots)));

const pathOf = (model: TraceModel, row: number): string =>
  `${model.parent[row]! < 0 ? '' : pathOf(model, model.parent[row]!)}/${serviceOf(model, row)} ${nameOf(model, row)}`;

const end = (calls: MergedCalls, call: number): number => calls.start[call]! + calls.weight[call]!;

describe('merged calls', () => {
  it('are drawn by hand', () => {
    const query = (duration: number): Sketch => ({ service: 'db', name: 'SELECT', duration });
    const model = buildModel(
      makeTrace({
        name: 'GET',
        duration: 7,
        children: [
          { name: 'first', duration: 3, children: [query(2)] },
          { name: 'second', duration: 4, error: true },
          { name: 'first', duration: 5, children: [query(1), query(6)] },
        ],
      }),
    );
    const calls = mergeCalls(model);
    const drawn = Array.from({ length: calls.size }, (_, call) => [
      `${'  '.repeat(calls.depth[call]!)}${nameOf(model, calls.row[call]!)} ×${calls.count[call]}`,
      calls.start[call]! / MS,
      calls.weight[call]! / MS,
      calls.self[call]! / MS,
      calls.total[call]! / MS,
      calls.errors[call],
      calls.row[call],
    ]);
    // Every span's self time is its duration here.
    expect(drawn).toEqual([
      ['GET ×1', 0, 28, 7, 7, 0, 0],
      ['  first ×2', 0, 17, 8, 8, 0, 4],
      ['    SELECT ×3', 0, 9, 9, 9, 0, 6],
      ['  second ×1', 17, 4, 4, 4, 1, 3],
    ]);
  });

  it('merge exactly the spans that came about by the same calls, and lose nothing of them', () => {
    fc.assert(
      fc.property(traces, (model) => {
        const calls = mergeCalls(model);
        const paths = new Map<number, string>();
        for (let row = 0; row < model.size; row++) {
          const call = calls.callOf[row]!;
          expect(paths.get(call) ?? pathOf(model, row)).toBe(pathOf(model, row));
          paths.set(call, pathOf(model, row));
          expect(calls.parent[call]).toBe(model.parent[row]! < 0 ? -1 : calls.callOf[model.parent[row]!]);
        }
        expect(new Set(paths.values()).size).toBe(calls.size);
        const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((all, each) => all + each, 0);
        const failed = [...model.flags].filter((flags) => flags & FLAG.error).length;
        expect([sum(calls.count), sum(calls.errors)]).toEqual([model.size, failed]);
        expect([sum(calls.total), sum(calls.self)]).toEqual([sum(model.duration), sum(model.self)]);
        expect(calls.whole).toBe(sum(model.self));
      }),
    );
  });

  it('stand inside of the call above them, side by side, the heaviest first', () => {
    fc.assert(
      fc.property(traces, (model) => {
        const calls = mergeCalls(model);
        const last = new Map<number, number>();
        for (let call = 0; call < calls.size; call++) {
          const above = calls.parent[call]!;
          const before = last.get(above);
          if (above >= 0) {
            expect(call > above && call <= above + calls.below[above]!).toBe(true);
            expect(calls.depth[call]).toBe(calls.depth[above]! + 1);
            expect(end(calls, call)).toBeLessThanOrEqual(end(calls, above) - calls.self[above]!);
          }
          const first = above < 0 ? 0 : calls.start[above]!;
          expect(calls.start[call]).toBe(before === undefined ? first : end(calls, before));
          if (before !== undefined) expect(calls.weight[call]).toBeLessThanOrEqual(calls.weight[before]!);
          last.set(above, call);
        }
      }),
    );
  });

  it('are found where they are drawn', () => {
    fc.assert(
      fc.property(traces, fc.nat(6), fc.double({ min: 0, max: 1, noNaN: true }), (model, depth, share) => {
        const calls = mergeCalls(model);
        const at = share * calls.whole * 1.1;
        const there = Array.from({ length: calls.size }, (_, call) => call).filter(
          (call) => calls.depth[call] === depth && calls.start[call]! <= at && at < end(calls, call),
        );
        expect(callAt(calls, depth, at)).toBe(there[0] ?? -1);
      }),
    );
  });
});
