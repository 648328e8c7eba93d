import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findGhosts, ghostAbove, ghostId, orphanIds, readReasons, withGhosts } from './lost-parents';
import { MS, makeTrace, type Sketch } from './testing';
import { buildModel, FLAG, spanId } from './trace-model';
import { visibleRows } from './tree-fold';
import { ghostOf, isGhost, placeOfGhost } from './waterfall-entries';

const id = (number: number): string => number.toString(16).padStart(16, '0');

/** 0 root, 1 its child, 2 and 3 below the parent 7, 4 child of 3, 5 below 8, 6 below 7 again. */
const DRAWN: Sketch[] = [
  { duration: 100, children: [{}] },
  { missing: 7, start: 10, duration: 5 },
  { missing: 7, start: 12, duration: 30, children: [{}] },
  { missing: 8, start: 50 },
  { missing: 7, start: 60 },
];
const model = buildModel(makeTrace(...DRAWN));
const ghosts = findGhosts(model);

describe('lost parents', () => {
  it('are found once for all spans that name them and stand behind each other', () => {
    expect({
      rows: [...ghosts.rows],
      counts: [...ghosts.counts],
      ids: [0, 1, 2].map((place) => ghostId(ghosts, place)),
      times: [0, 1, 2].map((place) => [ghosts.start[place]! / MS, ghosts.end[place]! / MS]),
    }).toEqual({
      rows: [2, 5, 6],
      counts: [2, 1, 1],
      ids: [id(7), id(8), id(7)],
      times: [
        [10, 42],
        [50, 60],
        [60, 70],
      ],
    });
  });

  it('stand above the spans that name them, which are one deeper', () => {
    const rows = visibleRows(model, new Uint8Array(model.size));
    expect([...withGhosts(model, ghosts, rows)]).toEqual([0, 1, ghostOf(0), 2, 3, 4, ghostOf(1), 5, ghostOf(2), 6]);
    expect([...model.depth]).toEqual([0, 1, 1, 1, 2, 1, 1]);
    expect([...rows].map((row) => ghostAbove(model, ghosts, row))).toEqual([-1, -1, 0, 0, -1, 1, 2]);
  });

  it('say why they are missing, as far as the collector says it of their first span', () => {
    expect(orphanIds(model)).toEqual([3, 6, 7].map(id));
    const told = (row: number, parent_missing_reason: 'not sampled' | null) =>
      ({ span_id: spanId(model, row), parent_missing_reason }) as Parameters<typeof readReasons>[1][number];
    const reasons = readReasons(model, [told(2, 'not sampled'), told(5, null), { ...told(0, null), span_id: id(99) }]);
    expect([...reasons]).toEqual([[0, 'not sampled']]);
  });

  it('are shown exactly where one of their spans is, whatever is folded or left out', () => {
    const roots = fc.array(
      fc.record({
        missing: fc.constantFrom(false, 7, 8, 9),
        children: fc.array(fc.record({ children: fc.array(fc.record({}), { maxLength: 2 }) }), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(roots, fc.infiniteStream(fc.boolean()), (drawn, coin) => {
        const built = buildModel(makeTrace(...drawn));
        const found = findGhosts(built);
        const toss = (): number => (coin.next().value ? 1 : 0);
        const keep = Uint8Array.from({ length: built.size }, toss);
        const rows = visibleRows(built, Uint8Array.from({ length: built.size }, toss), keep);
        const entries = [...withGhosts(built, found, rows)];
        expect(entries.filter((entry) => !isGhost(entry))).toEqual([...rows]);
        const places = entries.filter(isGhost).map(placeOfGhost);
        expect(places).toEqual([...new Set(places)].sort((one, other) => one - other));
        const orphans = [...rows].filter((row) => built.flags[row]! & FLAG.parentMissing);
        expect(new Set(orphans.map((row) => ghostAbove(built, found, row)))).toEqual(new Set(places));
        for (const place of places)
          expect(ghostAbove(built, found, entries[entries.indexOf(ghostOf(place)) + 1]!)).toBe(place);
        expect(found.counts.reduce((sum, count) => sum + count, 0)).toBe(drawn.filter((root) => root.missing).length);
      }),
    );
  });
});
