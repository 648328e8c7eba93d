import { describe, expect, it } from 'vitest';
import type { MapEdge, MapNode } from '../api/topology';
import { BOX, layoutMap, smooth } from './map-layout';

const red = { count: 1, error_count: 0, rate: 1, p50: 1, p95: 1, p99: 1 };
const node = (id: string): MapNode => ({ ...red, id, name: id, kind: 'service', instances: [] });
const edge = (source: string, target: string): MapEdge => ({
  source,
  target,
  caller: red,
  callee: null,
  lag: null,
  asynchronous: false,
});

const NODES = ['gateway', 'cart', 'catalog', 'checkout', 'stock', 'alone'].map(node);
const EDGES = [
  ['gateway', 'cart'],
  ['gateway', 'catalog'],
  ['gateway', 'checkout'],
  ['checkout', 'cart'],
  ['cart', 'catalog'],
  ['catalog', 'stock'],
  ['stock', 'gateway'],
  ['cart', 'cart'],
].map(([source, target]) => edge(source!, target!));

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

describe('layoutMap', () => {
  it('is the same in whatever order nodes and edges came', async () => {
    const one = await layoutMap(NODES, EDGES);
    const other = await layoutMap([...NODES].reverse(), [...EDGES].reverse());
    const plain = ({ places, paths, ...size }: typeof one): unknown => [size, [...places].sort(), [...paths].sort()];
    expect(plain(other)).toEqual(plain(one));
  });

  it('gives every node a place of its own inside the plane, and every edge a line', async () => {
    const { width, height, places, paths } = await layoutMap(NODES, EDGES);
    const boxes = [...places.values()];
    expect([boxes.length, paths.size]).toEqual([NODES.length, EDGES.length]);
    for (const [index, { x, y }] of boxes.entries()) {
      expect(Math.min(x, y, width - x - BOX.width, height - y - BOX.height)).toBeGreaterThanOrEqual(0);
      for (const other of boxes.slice(index + 1))
        expect(Math.abs(other.x - x) >= BOX.width || Math.abs(other.y - y) >= BOX.height).toBe(true);
    }
    for (const path of paths.values()) expect(path).toMatch(/^M[-\d. ]+[QLC][-\d. QLC]+$/);
  });
});

describe('layoutMap of groups', () => {
  it('keeps the frames of groups apart, and those who are of none out of them', async () => {
    const groups = new Map([
      ['gateway', 'edge'],
      ['cart', 'shop'],
      ['catalog', 'shop'],
      ['checkout', 'money'],
    ]);
    const { places, frames } = await layoutMap(NODES, EDGES, groups);
    expect(frames.map(({ name }) => name)).toEqual(['edge', 'money', 'shop']);
    const apart = (one: Box, other: Box): boolean =>
      one.x >= other.x + other.width ||
      other.x >= one.x + one.width ||
      one.y >= other.y + other.height ||
      other.y >= one.y + one.height;
    for (const [index, frame] of frames.entries()) {
      expect(Math.min(frame.x, frame.y)).toBeGreaterThanOrEqual(0);
      for (const other of frames.slice(index + 1)) expect(apart(frame, other)).toBe(true);
      for (const [id, at] of places)
        expect(groups.get(id) === frame.name || apart(frame, { ...BOX, ...at })).toBe(true);
    }
  });
});

describe('smooth', () => {
  it('begins at the first and ends at the last point', () => {
    const at = (x: number, y: number): { x: number; y: number } => ({ x, y });
    expect([smooth([]), smooth([at(0, 0), at(2, 2)]), smooth([at(0, 0), at(2, 2), at(4, 0), at(6, 6)])]).toEqual([
      '',
      'M0.0 0.0L2.0 2.0',
      'M0.0 0.0Q2.0 2.0 3.0 1.0Q4.0 0.0 6.0 6.0',
    ]);
  });
});
