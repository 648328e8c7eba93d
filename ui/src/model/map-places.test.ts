import { describe, expect, it } from 'vitest';
import type { MapLayout } from './map-layout';
import { between, placesKey, snap, withMoved } from './map-places';

const EDGES = [
  { source: 'a', target: 'b' },
  { source: 'b', target: 'c' },
  { source: 'c', target: 'c' },
];
const LAYOUT: MapLayout = {
  width: 700,
  height: 100,
  places: new Map([
    ['a', { x: 20, y: 20 }],
    ['b', { x: 240, y: 20 }],
    ['c', { x: 460, y: 20 }],
  ]),
  paths: new Map([
    ['a\nb', 'ab'],
    ['b\nc', 'bc'],
    ['c\nc', 'cc'],
  ]),
  frames: [],
};

describe('placesKey', () => {
  it('is of the set, not of its order, and not of another set or way to group it', () => {
    expect(placesKey(['b', 'a'], false)).toBe(placesKey(['a', 'b'], false));
    const keys = [placesKey(['a', 'b'], false), placesKey(['a', 'b'], true), placesKey(['a', 'c'], false)];
    expect(new Set(keys).size).toBe(3);
  });
});

describe('snap', () => {
  it('keeps nodes on the grid and on the plane', () => {
    expect([snap({ x: 11.9, y: 12 }), snap({ x: -40, y: 3 })]).toEqual([
      [8, 16],
      [0, 0],
    ]);
  });
});

describe('withMoved', () => {
  it('leaves everything as it is where nothing that is there was moved', () => {
    expect(withMoved(LAYOUT, { gone: [8, 8] }, EDGES, new Map())).toBe(LAYOUT);
  });

  it('moves a node with its edges alone, and makes the plane as large as it takes', () => {
    const found = withMoved(LAYOUT, { a: [240, 400] }, EDGES, new Map());
    expect(found.places.get('a')).toEqual({ x: 240, y: 400 });
    expect([found.places.get('b'), found.paths.get('b\nc'), found.paths.get('c\nc')]).toEqual([
      { x: 240, y: 20 },
      'bc',
      'cc',
    ]);
    expect(found.paths.get('a\nb')).toBe('M324 400L324 76');
    expect([found.width, found.height]).toEqual([700, 476]);
  });

  it('draws the frame of its group around it', () => {
    const groups = new Map([
      ['a', 'shop'],
      ['b', 'shop'],
    ]);
    const { frames } = withMoved(LAYOUT, { a: [240, 400] }, EDGES, groups);
    expect(frames.map(({ name, x, width }) => [name, x, width])).toEqual([['shop', 228, 192]]);
    expect(frames[0]!.height).toBeGreaterThan(400);
  });
});

describe('between', () => {
  it('leaves by the side that looks at the other', () => {
    const at = (x: number, y: number): { x: number; y: number } => ({ x, y });
    expect(between(at(0, 0), at(300, 0))).toMatch(/^M168 28C.* 300 28$/);
    expect(between(at(300, 0), at(0, 0))).toMatch(/^M300 28C.* 168 28$/);
    expect(between(at(0, 0), at(20, 200))).toBe('M84 56L104 200');
  });
});
