import { describe, expect, it } from 'vitest';
import { findGroups, sumGroup, sumOperations } from './groups';
import { MS, makeTrace, type Sketch } from './testing';
import { buildModel } from './trace-model';
import { visibleRows, withLogs } from './tree-fold';

const repeat = (count: number, sketch: Sketch): Sketch[] =>
  Array.from({ length: count }, (_, at) => ({ start: at, duration: 2, ...sketch }));

describe('findGroups', () => {
  it('finds runs of alike siblings that are longer than asked for', () => {
    const model = buildModel(
      makeTrace({ children: [...repeat(3, { name: 'a' }), ...repeat(2, { name: 'b' }), { name: 'a' }] }),
    );
    expect([...findGroups(model, 2)]).toEqual([0, 2, 0, 0, 0, 0, 0]);
    expect([...visibleRows(model, new Uint8Array(model.size), null, findGroups(model, 2))]).toEqual([0, 1, 4, 5, 6]);
    expect(sumGroup(model, 1, 2)).toEqual({ count: 3, total: 6 * MS, longest: 2 * MS, end: 4 * MS });
  });

  it('never hides an error, a span with children or a root', () => {
    const model = buildModel(
      makeTrace(
        { children: [{ name: 'a' }, { name: 'a', error: true }, { name: 'a' }, { name: 'a', children: [{}] }] },
        { name: 'r' },
        { name: 'r' },
      ),
    );
    expect([...findGroups(model, 1)].every((after) => after === 0)).toBe(true);
  });
});

describe('withLogs', () => {
  it('puts log records below their span', () => {
    const model = buildModel(makeTrace({ children: [{}] }));
    expect([
      ...withLogs(
        model,
        Int32Array.of(0, 1),
        new Map([
          [0, [0, 2]],
          [1, [1]],
        ]),
      ),
    ]).toEqual([0, 2, 4, 1, 3]);
  });
});

describe('sumOperations', () => {
  it('adds up each operation, the most self time first', () => {
    const model = buildModel(
      makeTrace({
        name: 'root',
        duration: 5,
        children: [...repeat(3, { name: 'q' }), { name: 'q', duration: 9, error: true }],
      }),
    );
    expect(sumOperations(model)).toEqual([
      {
        service: 'api',
        name: 'q',
        count: 4,
        errors: 1,
        total: 15 * MS,
        self: 15 * MS,
        critical: 0,
        longest: 9 * MS,
        row: 4,
      },
      {
        service: 'api',
        name: 'root',
        count: 1,
        errors: 0,
        total: 5 * MS,
        self: 5 * MS,
        critical: 0,
        longest: 5 * MS,
        row: 0,
      },
    ]);
  });
});
