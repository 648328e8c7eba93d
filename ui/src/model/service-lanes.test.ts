import { describe, expect, it } from 'vitest';
import { intoLanes, laneDepths, parentInLane, readNames, sumLanes, writeNames } from './service-lanes';
import { MS, makeTrace, type Sketch } from './testing';
import { buildModel } from './trace-model';
import { visibleRows } from './tree-fold';
import { headingOf } from './waterfall-entries';

/** 0 api, 1 db, 2 api, 3 db, 4 db, 5 mail. */
const DRAWN: Sketch = {
  duration: 100,
  children: [
    { service: 'db', duration: 5 },
    {
      start: 10,
      duration: 50,
      children: [
        { service: 'db', start: 12, duration: 8, children: [{ service: 'db', start: 13, error: true, duration: 2 }] },
      ],
    },
    { service: 'mail', start: 90, duration: 5 },
  ],
};
const model = buildModel(makeTrace(DRAWN));
const all = visibleRows(model, new Uint8Array(model.size));

describe('lanes', () => {
  it('put the spans of each service under its heading, in the order of the tree', () => {
    expect([...intoLanes(model, all, new Set())]).toEqual([headingOf(0), 0, 2, headingOf(1), 1, 3, 4, headingOf(2), 5]);
  });

  it('show only the heading of what is shut, and nothing of services without rows', () => {
    expect([...intoLanes(model, Int32Array.of(0, 1, 3), new Set([1]))]).toEqual([headingOf(0), 0, headingOf(1)]);
  });

  it('draw a span as deep as spans of its service are above it', () => {
    expect([...laneDepths(model)]).toEqual([0, 0, 1, 0, 1, 0]);
    expect([0, 2, 3, 4].map((row) => parentInLane(model, row))).toEqual([-1, 0, -1, 3]);
  });

  it('add up what their spans do', () => {
    expect(sumLanes(model)[1]).toEqual({ count: 3, errors: 1, self: 15 * MS, start: 0, end: 20 * MS });
  });

  it('are named in an address, which anybody may have written', () => {
    const names = ['a,b', '100%', 'käse'];
    expect(readNames(writeNames(names))).toEqual(names);
    expect([readNames('%'), readNames(''), readNames('a,,%41')]).toEqual([['%'], [], ['a', 'A']]);
  });
});
