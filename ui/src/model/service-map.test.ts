import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapEdge, MapNode, Red } from '../api/topology';
import { arc, isHidden, partsOf, rankEdges, shortName, withoutHidden } from './service-map';

function red(part: Partial<Red> = {}): Red {
  return { count: 100, error_count: 0, rate: 1, p50: 1e6, p95: 2e6, p99: 3e6, ...part };
}

function edge(source: string, target: string, caller: Partial<Red> = {}): MapEdge {
  return { source, target, caller: red(caller), callee: null, lag: null, asynchronous: false };
}

const names = (edges: readonly { edge: MapEdge }[]): string[] =>
  edges.map(({ edge: { source, target } }) => source + target);

describe('shortName', () => {
  it('keeps the end of a path, which tells files apart, and other names as they are', () => {
    const all = ['sqlite//srv/shop/orders.db', '/srv/orders.db', 'api.example.com:443/pay', 'payments', 'a/b'];
    expect(all.map(shortName)).toEqual(['orders.db', 'orders.db', 'api.example.com:443/pay', 'payments', 'a/b']);
  });
});

describe('rankEdges', () => {
  it('puts failing calls first, then those that became slow, then the slowest', () => {
    const now = [
      edge('a', 'b', { p95: 9e6 }),
      edge('a', 'c', { error_count: 40 }),
      edge('b', 'd', { p95: 8e6 }),
      edge('c', 'd', { p95: 2e6 }),
    ];
    const found = rankEdges(now, [edge('b', 'd', { p95: 1e6 }), edge('a', 'b', { count: 3, p95: 1 })]);
    expect(names(found)).toEqual(['bd', 'ac', 'ab', 'cd']);
    expect(found.map(({ slower, errors }) => [slower, errors])).toEqual([
      [8, 0],
      [null, 0.4],
      [null, 0],
      [null, 0],
    ]);
  });

  it('does not put one failure of one call above many of many', () => {
    const found = rankEdges([edge('a', 'b', { count: 1, error_count: 1 }), edge('a', 'c', { error_count: 30 })], []);
    expect(names(found)).toEqual(['ac', 'ab']);
  });

  it('is the same in whatever order the edges came', () => {
    const one = fc.record({ to: fc.constantFrom('a', 'b', 'c', 'd'), errors: fc.nat(100), p95: fc.nat(1e9) });
    fc.assert(
      fc.property(fc.uniqueArray(one, { selector: ({ to }) => to }), fc.infiniteStream(fc.double()), (list, chance) => {
        const edges = list.map(({ to, errors, p95 }) => edge('x', to, { error_count: errors, p95 }));
        const mixed = [...edges].sort(() => (chance.next().value! > 0 ? 1 : -1));
        expect(names(rankEdges(mixed, []))).toEqual(names(rankEdges(edges, [])));
      }),
    );
  });
});

describe('withoutHidden', () => {
  it('drops nodes and the edges that hang on them', () => {
    const node = (id: string): MapNode => ({ ...red(), id, name: id, kind: 'service', instances: [] });
    const map = { nodes: ['a', 'b', 'c'].map(node), edges: [edge('a', 'b'), edge('b', 'c'), edge('a', 'c')] };
    const left = withoutHidden(map, new Set(['b', 'unknown']));
    expect([left.nodes.map(({ id }) => id), names(left.edges.map((each) => ({ edge: each })))]).toEqual([
      ['a', 'c'],
      ['ac'],
    ]);
  });
});

describe('isHidden', () => {
  it('knows single nodes and all of a kind', () => {
    const hidden = new Set(['service:a', 'external:*']);
    expect(['service:a', 'service:b', 'external:x:25', 'database:a'].map((id) => isHidden(id, hidden))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('arc', () => {
  it('shows the smallest share of failures, and none where there is none', () => {
    expect([arc(0), arc(0.001), arc(0.5), arc(1)]).toEqual(['0.0 100', '6.0 100', '50.0 100', '100.0 100']);
  });
});

describe('partsOf', () => {
  it('leaves colons in names alone', () => {
    expect(partsOf('external:mail.example:25')).toEqual({ kind: 'external', name: 'mail.example:25' });
  });
});
