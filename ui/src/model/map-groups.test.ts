import { describe, expect, it } from 'vitest';
import type { MapNode } from '../api/topology';
import { groupNodes, namespaces } from './map-groups';

const group = (service: string | null, namespace: string | null, count: number) => ({
  time_unix_nano: null,
  keys: [service, namespace],
  values: [count],
});
const node = (id: string): MapNode => {
  const [kind, name] = id.split(':') as [MapNode['kind'], string];
  return { id, kind, name, count: 1, error_count: 0, rate: 1, p50: 1, p95: 1, p99: 1, instances: [] };
};

describe('namespaces', () => {
  it('takes what most spans of a service say, and nothing where none says any', () => {
    const found = namespaces({
      groups: [group('cart', 'shop', 3), group('cart', 'old', 9), group('pay', null, 7), group(null, 'lost', 2)],
    });
    expect([...found]).toEqual([['cart', 'old']]);
  });
});

describe('groupNodes', () => {
  const of = new Map([
    ['cart', 'shop'],
    ['pay', 'money'],
  ]);

  it('puts what sends no spans beside its callers, where they are of one namespace', () => {
    const nodes = ['service:cart', 'service:pay', 'service:alone', 'database:own', 'database:shared', 'external:x'];
    const edges = [
      { source: 'service:cart', target: 'database:own' },
      { source: 'service:cart', target: 'database:shared' },
      { source: 'service:pay', target: 'database:shared' },
      { source: 'service:alone', target: 'external:x' },
    ];
    expect([...groupNodes(nodes.map(node), edges, of)].sort()).toEqual([
      ['database:own', 'shop'],
      ['service:cart', 'shop'],
      ['service:pay', 'money'],
    ]);
  });
});
