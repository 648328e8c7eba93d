import { describe, expect, it } from 'vitest';
import type { Service } from '../api/types';
import { bounds, serviceRows, sortRows, sparkSteps } from './service-rows';

const END = 1_700_000_000_000;

function service(name: string, part: Partial<Service> = {}): Service {
  return {
    name,
    span_count: 0,
    error_count: 0,
    request_count: 60,
    request_error_count: 0,
    p50: 1e6,
    p95: 2e6,
    p99: 3e6,
    log_count: 0,
    log_error_count: 0,
    last_seen_unix_nano: END * 1e6,
    operations: [],
    series: [],
    ...part,
  };
}

describe('serviceRows', () => {
  it('says rates, errors and how both compare with the day before', () => {
    const [row] = serviceRows(
      [service('a', { request_error_count: 30, p95: 6e6, last_seen_unix_nano: (END - 90_000) * 1e6 })],
      [service('a', { request_error_count: 6 })],
      60,
      END,
    );
    expect(row).toMatchObject({ rate: 1, errors: 0.5, slower: 3, moreErrors: 0.4, silent: 90 });
  });

  it('compares with nothing where there was too little', () => {
    const rows = serviceRows(
      [service('a'), service('b', { request_count: 3 })],
      [service('a', { request_count: 5 }), service('b')],
      60,
      END,
    );
    expect(rows.map((row) => [row.slower, row.moreErrors])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  it('puts the worst first and names in order', () => {
    const rows = serviceRows(
      [service('c'), service('a', { p95: 9e6 }), service('b', { request_error_count: 1 })],
      [],
      60,
      END,
    );
    const names = (sorted: typeof rows): string => sorted.map((row) => row.service.name).join('');
    expect([
      names(sortRows(rows, 'errors', true)),
      names(sortRows(rows, 'name', false)),
      names(sortRows(rows, 'p95', true)),
    ]).toEqual(['bac', 'abc', 'abc']);
  });
});

describe('bounds', () => {
  it('are known only for a range that has a start', () => {
    expect([bounds({ from: 'now-1h', to: '' }, END), bounds({ from: '', to: '' }, END)]).toEqual([
      { from: END - 3_600_000, to: END },
      null,
    ]);
  });
});

describe('sparkSteps', () => {
  const minute = 60e9;
  const at = (time: number) => ({ series: [{ time_unix_nano: time * minute, count: 1, error_count: 0 }] });

  it('are those of the range, of what has requests where that is much shorter, and none without any', () => {
    expect(sparkSteps([at(3)], minute, { from: 0, to: 600_000 })).toEqual({
      start: 0,
      step: minute,
      count: 10,
      until: 600e9,
    });
    expect(sparkSteps([at(300), at(302)], minute, { from: 0, to: 1e9 })).toEqual({
      start: 300 * minute,
      step: minute,
      count: 3,
      until: 303 * minute,
    });
    expect([sparkSteps([at(300)], minute, null)?.count, sparkSteps([{ series: [] }], minute, null)]).toEqual([1, null]);
    expect(sparkSteps([], 0, null)).toBeNull();
  });
});
