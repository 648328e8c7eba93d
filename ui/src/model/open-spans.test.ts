import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyOpen, drawnLengths, isOpen, lastSign, nowOf, QUIET } from './open-spans';
import { EPOCH, MS, makeTrace, type Sketch } from './testing';
import { buildModel } from './trace-model';

const built = (...roots: Sketch[]) => buildModel(makeTrace(...roots));
const RUNNING: Sketch = {
  open: true,
  duration: 0,
  children: [
    { start: 10, duration: 20 },
    { start: 25, open: true, duration: 0, events: [40] },
  ],
};

describe('a span without an end', () => {
  it('is drawn up to the last that was heard of it', () => {
    const model = built(RUNNING, { duration: 100 });
    expect([0, 1, 2, 3].map((row) => [isOpen(model, row), lastSign(model, row) / MS])).toEqual([
      [true, 30],
      [false, 30],
      [true, 40],
      [false, 100],
    ]);
  });

  it('runs on until now, as long as the trace is not old', () => {
    const model = built(RUNNING, { duration: 100 });
    const at = (since: number): number | null => nowOf(model, EPOCH + since);
    // Times since the epoch are rounded to 256 ns.
    expect(at(5e9)).toBeCloseTo(5e9, -3);
    expect([at(50 * MS), at(QUIET + 200 * MS)]).toEqual([null, null]);
    expect(nowOf(built({ duration: 100 }), EPOCH + 5e9)).toBeNull();
  });

  it('is never drawn beyond its trace, nor before its start', () => {
    const node = fc.record({ start: fc.nat(100), duration: fc.nat(100), open: fc.boolean() });
    const trees = fc.array(fc.tuple(node, fc.array(node, { maxLength: 4 })), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(trees, (roots) => {
        const model = built(...roots.map(([root, children]) => ({ ...root, children })));
        expect(anyOpen(model)).toBe(roots.some(([root, children]) => [root, ...children].some(({ open }) => open)));
        for (let row = 0; row < model.size; row++) {
          const last = lastSign(model, row);
          expect(last).toBeGreaterThanOrEqual(model.start[row]! + model.duration[row]!);
          expect(last).toBeLessThanOrEqual(model.bounds.end);
        }
        const lengths = (running: boolean): number[] => [...drawnLengths(model, running)];
        const drawn = (open: (row: number) => number): number[] =>
          [...model.duration].map((own, row) => (isOpen(model, row) ? open(row) : own));
        expect(lengths(false)).toEqual(drawn((row) => lastSign(model, row) - model.start[row]!));
        expect(lengths(true)).toEqual(drawn(() => Number.POSITIVE_INFINITY));
      }),
    );
  });
});
