import { describe, expect, it } from 'vitest';
import type { MapEdge, MapNode, Red } from '../api/topology';
import { PARTS, partOf, readPart, replay } from './map-replay';

const red: Red = { count: 9, error_count: 3, rate: 1, p50: 1e6, p95: 2e6, p99: 3e6 };
const node = (name: string): MapNode => ({ ...red, id: `service:${name}`, name, kind: 'service', instances: [] });
const edge = (source: string, target: string): MapEdge => ({
  source: `service:${source}`,
  target: `service:${target}`,
  caller: red,
  callee: null,
  lag: null,
  asynchronous: false,
});

describe('partOf', () => {
  it('cuts a range into parts that follow each other without a gap', () => {
    const range = { from: 1000, to: 1000 + PARTS * 60 };
    const parts = Array.from({ length: PARTS }, (_, part) => partOf(range, part));
    expect(parts[0]).toEqual({ from: 1000, to: 1060 });
    expect(parts.slice(1).map(({ from }) => from)).toEqual(parts.slice(0, -1).map(({ to }) => to));
    expect(parts.at(-1)!.to).toBe(range.to);
  });
});

describe('readPart', () => {
  it('takes the parts that there are, and nothing else', () => {
    expect(['0', '11', '12', '-1', 'x', '', null].map(readPart)).toEqual([0, 11, null, null, null, null, null]);
  });
});

describe('replay', () => {
  it('keeps every node and edge, those that nobody called then with nothing', () => {
    const whole = { nodes: [node('a'), node('b')], edges: [edge('a', 'b'), edge('b', 'a')] };
    const then = { nodes: [{ ...node('a'), count: 1 }], edges: [{ ...edge('a', 'b'), caller: { ...red, count: 1 } }] };
    const shown = replay(whole, then);
    expect(shown.nodes.map(({ id, count }) => [id, count])).toEqual([
      ['service:a', 1],
      ['service:b', 0],
    ]);
    expect(shown.edges.map(({ caller }) => [caller.count, caller.p95])).toEqual([
      [1, 2e6],
      [0, null],
    ]);
  });
});
