import { describe, expect, it } from 'vitest';
import { makeFinder, matchRows } from './span-match';
import { makeTrace } from './testing';
import { buildModel } from './trace-model';

const trace = makeTrace({
  name: 'GET /cart',
  service: 'web',
  duration: 600,
  children: [
    { name: 'SELECT cart', service: 'db', duration: 20, error: true },
    { name: 'render', service: 'web', duration: 5 },
  ],
});
trace.spans[1]!.attributes = { 'db.rows': 40, 'db.query.text': 'SELECT * FROM cart WHERE id = ?' };
const model = buildModel(trace);
const found = (text: string): number[] => {
  const finder = makeFinder(text);
  return finder ? [...matchRows(model, finder)].flatMap((mark, row) => (mark ? [row] : [])) : [];
};

describe('find in a trace', () => {
  it('finds words anywhere, and keys where they stand', () => {
    expect(
      [
        'cart',
        'CART from',
        '"from cart"',
        'service:web',
        'name:SELECT*',
        'status:error',
        'db.rows:40',
        'kind:internal',
      ].map(found),
    ).toEqual([[0, 1], [1], [1], [0, 2], [1], [1], [1], [0, 1, 2]]);
  });

  it('compares durations and numbers, and excludes', () => {
    expect(
      ['duration>20ms', 'duration>=20ms', 'self<6ms', 'db.rows>39', 'service:web -render', '-service:web'].map(found),
    ).toEqual([[0], [0, 1], [2], [1], [0], [1]]);
  });

  it('says what it cannot use and is nothing for an empty text', () => {
    expect(makeFinder('  ')).toBeNull();
    expect(makeFinder('duration>20')?.problems).toEqual([
      'duration is compared with > or < and a unit, such as duration>500ms.',
    ]);
    expect(makeFinder('db.rows>many')?.problems).toEqual(['> compares numbers; many is none.']);
    expect(found('duration>20')).toEqual([]);
  });
});
