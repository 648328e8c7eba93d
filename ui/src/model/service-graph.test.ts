import { describe, expect, it } from 'vitest';
import { serviceGraph } from './service-graph';
import { MS, makeTrace } from './testing';
import { buildModel } from './trace-model';

describe('serviceGraph', () => {
  it('sums calls between services and puts each as near to the start as its callers allow', () => {
    const graph = serviceGraph(
      buildModel(
        makeTrace({
          service: 'web',
          children: [
            {
              service: 'web',
              children: [
                {
                  service: 'shop',
                  duration: 5,
                  children: [
                    { service: 'db', duration: 2 },
                    { service: 'web', duration: 1 },
                  ],
                },
              ],
            },
            { service: 'shop', duration: 7, error: true },
          ],
        }),
      ),
    );
    expect(
      graph.nodes.map(({ service, level, place, spans, errors }) => [service, level, place, spans, errors]),
    ).toEqual([
      ['web', 0, 0, 3, 0],
      ['shop', 1, 0, 2, 1],
      ['db', 2, 0, 1, 0],
    ]);
    expect(graph.edges).toEqual([
      { from: 0, to: 1, calls: 2, errors: 1, total: 12 * MS },
      { from: 1, to: 2, calls: 1, errors: 0, total: 2 * MS },
      { from: 1, to: 0, calls: 1, errors: 0, total: 1 * MS },
    ]);
    expect([graph.levels, graph.tallest]).toEqual([3, 1]);
  });

  it('gives every service a place, also those whose parents are lost, and is empty for an empty trace', () => {
    const graph = serviceGraph(buildModel(makeTrace({ service: 'a' }, { service: 'b', missing: true })));
    expect(graph.nodes.map(({ level, place }) => [level, place])).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(serviceGraph(buildModel(makeTrace()))).toMatchObject({ nodes: [], edges: [], tallest: 0 });
  });
});
