import { describe, expect, it } from 'vitest';
import type { CallPlace } from '../api/comparison';
import type { FoundSpan } from '../api/types';
import {
  absence,
  besides,
  callsBelow,
  distinct,
  figuresOf,
  pointsOf,
  seriesQueries,
  slowestFrom,
  slowestOf,
  stepsFor,
  tracesTerm,
} from './operation-page';

const NONE = { count: 0, error_count: 0, rate: 0, p50: null, p95: null, p99: null };

describe('stepsFor', () => {
  it('covers any range with at most a step more than sixty of a round length', () => {
    const hour = 3_600_000;
    const at = Date.UTC(2026, 0, 5, 10, 0, 30);
    for (const length of [1000, 90_000, hour, 24 * hour, 40 * 24 * hour]) {
      const { start, step, count } = stepsFor({ from: at - length, to: at });
      expect(count).toBeLessThanOrEqual(61);
      expect([start % step, start <= (at - length) * 1e6, start + step * count >= at * 1e6]).toEqual([0, true, true]);
    }
    expect(stepsFor({ from: at - hour, to: at }).step).toBe(60e9);
  });
});

describe('pointsOf', () => {
  it('joins what all and what failed spans were', () => {
    const steps = { start: 0, step: 2e9, count: 2, until: 4e9 };
    expect(seriesQueries('service:a', steps).failed).toBe('service:a failed:true | count every 2s');
    const group = (time: number, ...values: number[]) => ({ time_unix_nano: time, keys: [], values });
    const found = pointsOf(
      { every: 2e9, groups: [group(0, 4, 1, 2, 3), group(2e9, 1, 7, 7, 7)] },
      { every: 2e9, groups: [group(2e9, 1)] },
    );
    expect(found).toEqual([
      { time_unix_nano: 0, count: 4, error_count: 0, rate: 2, p50: 1, p95: 2, p99: 3 },
      { time_unix_nano: 2e9, count: 1, error_count: 1, rate: 0.5, p50: 7, p95: 7, p99: 7 },
    ]);
  });
});

describe('figuresOf', () => {
  it('takes the kind with the most spans', () => {
    const one = { ...NONE, service: 'a', name: 'GET', kind: 'client' as const, before: NONE, count: 2 };
    const found = figuresOf([one, { ...one, kind: 'server', count: 5 }, { ...one, name: 'POST', count: 9 }], 'GET');
    expect([found?.kinds, found?.now.count]).toEqual([['server', 'client'], 5]);
    expect(figuresOf([one], 'PUT')).toBeNull();
  });
});

describe('absence', () => {
  it('says that it had none only where the list has all of them', () => {
    expect([absence({ returned: 0, total: 0 }).beside, absence({ returned: 2, total: 2 }).beside]).toEqual([
      'Names are compared letter by letter.',
      'It had 2 other operations. Names are compared letter by letter.',
    ]);
    const { what, beside } = absence({ returned: 2, total: 3 });
    expect(what).toContain('more operations');
    expect(beside).toContain('not among the 2 busiest of 3:');
  });
});

describe('besides', () => {
  it('puts an edge on the side where the service is not', () => {
    const edge = (source: string, target: string) =>
      ({ source, target, caller: NONE, callee: null, lag: null, asynchronous: false }) as const;
    const edges = [edge('service:web', 'service:api'), edge('service:api', 'database:cards')];
    expect(besides(edges, 'api')).toEqual({ callers: [edges[0]], callees: [edges[1]] });
  });
});

const place = (id: number, parent: number | null, service: string, duration: number): CallPlace => {
  const figures = { present: 1, calls: 1, duration, self_time: 1, failed: 0 };
  return {
    ...{ id, parent, service, depth: 0, operation: `${id}`, a: figures, b: figures },
    ...{ changes: [], claim: '', share: 0, share_of_time: 0, share_of_failures: 0 },
  };
};

describe('callsBelow', () => {
  it('goes down to what other services do, the longest first', () => {
    const places = [
      place(1, null, 'api', 9),
      place(2, 1, 'api', 1),
      place(3, 1, 'api', 5),
      place(4, 3, 'db', 4),
      place(5, 4, 'disk', 3),
    ];
    expect(callsBelow(places, 'api').map(({ id }) => id)).toEqual([3, 4, 2]);
  });
});

describe('spans', () => {
  const span = (trace: string, id: string) => ({ trace_id: trace, span_id: id }) as FoundSpan;

  it('are the slowest above a percentile that leaves so many', () => {
    expect([20, 40, 152, 100_000_000].map((count) => slowestFrom(count, 10))).toEqual([
      null,
      'p75',
      'p93.42',
      'p99.99',
    ]);
  });

  it('are each among the slowest once, though they came in two bodies', () => {
    const lasting = (id: string, duration: number) => ({ ...span('a', id), duration });
    const spans = [lasting('1', 5), lasting('2', 9), lasting('2', 9), lasting('3', 7)];
    expect(slowestOf(spans, 2).map(({ span_id }) => span_id)).toEqual(['2', '3']);
  });

  it('are shown once, and their traces are asked for once', () => {
    const spans = distinct([span('a', '1'), span('b', '1')], [span('a', '1'), span('a', '2')]);
    expect(spans.map(({ trace_id, span_id }) => `${trace_id}${span_id}`)).toEqual(['a1', 'b1', 'a2']);
    expect([tracesTerm(spans), tracesTerm(spans.slice(0, 1)), tracesTerm([])]).toEqual([
      '(trace_id:a OR trace_id:b)',
      'trace_id:a',
      '',
    ]);
  });
});
