import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS, makeTrace, type Sketch } from './testing';
import {
  buildModel,
  childCover,
  eventsOf,
  FLAG,
  hasFlag,
  nextRow,
  oddities,
  pathSections,
  rowOf,
  spanId,
} from './trace-model';
import { foldSubtree, foldToLevel, indexOfRow, reveal, shownLevel, visibleRows, withAncestors } from './tree-fold';

const node = fc.memo(
  (depth): fc.Arbitrary<Sketch> =>
    fc.record({ error: fc.boolean(), children: depth <= 1 ? fc.constant([]) : fc.array(node(), { maxLength: 3 }) }),
);
const sketch: fc.Arbitrary<Sketch> = node(5);

const model = buildModel(
  makeTrace(
    {
      service: 'web',
      duration: 100,
      children: [{ children: [{ error: true, service: 'db' }] }, { start: 20, duration: 200 }],
    },
    { missing: true, start: 5 },
  ),
);

describe('buildModel', () => {
  it('lays the spans out as columns', () => {
    expect({
      depth: [...model.depth],
      parent: [...model.parent],
      subtree: [...model.subtree],
      start: [...model.start],
      errorsBelow: [...model.errorsBelow],
      service: [...model.service].map((index) => model.services[index]),
      bounds: model.bounds,
      maxDepth: model.maxDepth,
    }).toEqual({
      depth: [0, 1, 2, 1, 1],
      parent: [-1, 0, 1, 0, -1],
      subtree: [3, 1, 0, 0, 0],
      start: [0, 0, 0, 20 * MS, 5 * MS],
      errorsBelow: [1, 1, 0, 0, 0],
      service: ['web', 'api', 'db', 'api', 'api'],
      bounds: { start: 0, end: 220 * MS },
      maxDepth: 2,
    });
    expect([
      hasFlag(model, 2, FLAG.error),
      hasFlag(model, 4, FLAG.parentMissing),
      hasFlag(model, 0, FLAG.error),
    ]).toEqual([true, true, false]);
  });

  it('counts the errors below every span as walking the tree would', () => {
    fc.assert(
      fc.property(sketch, (root) => {
        const built = buildModel(makeTrace(root));
        for (let row = 0; row < built.size; row++) {
          let below = 0;
          for (let at = row + 1; at <= row + built.subtree[row]!; at++) below += built.flags[at]! & FLAG.error ? 1 : 0;
          expect(built.errorsBelow[row]).toBe(below);
        }
      }),
    );
  });

  it('adds up the sections of the critical path', () => {
    expect(buildModel(makeTrace({ duration: 10, children: [{ duration: 5 }] })).hasPath).toBe(false);
    const late = { start: 2, duration: 5, critical: true, children: [{ start: 0, duration: 20, critical: true }] };
    const built = buildModel(makeTrace({ duration: 10, critical: true, children: [late, { start: 3, duration: 2 }] }));
    expect([built.hasPath, [...built.critical]]).toEqual([true, [5 * MS, 0, 5 * MS, 0]]);
    const sections = [...built.critical].map((_, row) => [...pathSections(built, row)]);
    expect(sections).toEqual([[0, 2 * MS, 7 * MS, 10 * MS], [], [2 * MS, 7 * MS], []]);
  });

  it('finds the events of each row', () => {
    const built = buildModel(makeTrace({ events: [1, 2] }, {}, { events: [3] }));
    expect([0, 1, 2].map((row) => eventsOf(built, row))).toEqual([
      [0, 2],
      [2, 2],
      [2, 3],
    ]);
    expect([...built.eventTime]).toEqual([1 * MS, 2 * MS, 3 * MS]);
  });

  it('knows the row of an id and the id of a row', () => {
    expect([
      spanId(model, 2),
      rowOf(model, '0000000000000003'),
      rowOf(model, 'f'.repeat(16)),
      rowOf(model, null),
    ]).toEqual(['0000000000000003', 2, -1, -1]);
    expect(oddities(model, 0)).toEqual([]);
  });

  it('has an axis even for an empty trace', () => {
    expect(buildModel(makeTrace()).bounds).toEqual({ start: 0, end: 1 });
  });
});

describe('childCover', () => {
  it('merges children that overlap and clips them to their parent', () => {
    const built = buildModel(
      makeTrace({
        start: 10,
        duration: 100,
        children: [
          { start: 0, duration: 20 },
          { start: 15, duration: 25, children: [{ start: 0, duration: 500 }] },
          { start: 60, duration: 10 },
          { start: 90, duration: 90 },
        ],
      }),
    );
    expect([...childCover(built, 0)].map((ns) => ns / MS)).toEqual([10, 40, 60, 70, 90, 110]);
    expect([...childCover(built, 1)]).toEqual([]);
  });
});

describe('folding', () => {
  it('hides what is below a folded row', () => {
    expect([...visibleRows(model, Uint8Array.of(0, 1, 0, 0, 0))]).toEqual([0, 1, 3, 4]);
    expect([...visibleRows(model, foldToLevel(model, 0))]).toEqual([0, 4]);
    expect(shownLevel(model, visibleRows(model, foldToLevel(model, 1)))).toBe(1);
  });

  it('counts levels from the roots, also below a lost parent', () => {
    const branch: Sketch = { children: [{ children: [{ children: [{}] }] }] };
    for (const roots of [[branch], [branch, { ...branch, missing: true }], [{ ...branch, missing: true }]]) {
      const built = buildModel(makeTrace(...roots));
      const shown: number[] = [];
      let rows = visibleRows(built, foldToLevel(built, 0));
      // As `]` does it, one press after the other.
      for (let press = 0; press < 4; press++) {
        shown.push(rows.length / roots.length);
        rows = visibleRows(built, foldToLevel(built, shownLevel(built, rows) + 1));
      }
      expect(shown).toEqual([1, 2, 3, 4]);
    }
  });

  it('shows a row exactly when nothing above it is folded', () => {
    fc.assert(
      fc.property(sketch, fc.infiniteStream(fc.boolean()), (root, choices) => {
        const built = buildModel(makeTrace(root));
        const folded = Uint8Array.from({ length: built.size }, () => (choices.next().value ? 1 : 0));
        const rows = visibleRows(built, folded);
        for (let row = 0; row < built.size; row++) {
          let hidden = false;
          for (let at = built.parent[row]!; at >= 0; at = built.parent[at]!) hidden ||= folded[at] === 1;
          expect(indexOfRow(rows, row) >= 0).toBe(!hidden);
          expect(indexOfRow(visibleRows(built, reveal(built, folded, row)), row)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('comes back after folding and unfolding all below a row', () => {
    fc.assert(
      fc.property(sketch, (root) => {
        const built = buildModel(makeTrace(root));
        const none = new Uint8Array(built.size);
        const folded = foldSubtree(built, none, 0, true);
        expect(visibleRows(built, folded).length).toBe(1);
        expect(foldSubtree(built, folded, 0, false)).toEqual(none);
      }),
    );
  });

  it('keeps the branches that lead to what is marked', () => {
    expect([...withAncestors(model, Uint8Array.of(0, 0, 1, 0, 0))]).toEqual([1, 1, 1, 0, 0]);
    expect([...visibleRows(model, new Uint8Array(5), Uint8Array.of(1, 1, 1, 0, 0))]).toEqual([0, 1, 2]);
  });
});

describe('nextRow', () => {
  it('goes round the ends in both directions', () => {
    const odd = (row: number): boolean => row % 2 === 1;
    expect([
      nextRow(5, 1, 1, odd),
      nextRow(5, 3, 1, odd),
      nextRow(5, 1, -1, odd),
      nextRow(5, -1, 1, odd),
      nextRow(5, 0, 1, () => false),
    ]).toEqual([3, 1, 3, 1, -1]);
  });
});
