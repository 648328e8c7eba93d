import { describe, expect, it } from 'vitest';
import type { LastLook, Problem } from '../api/problems';
import { isStale, passing, sortProblems, sparkFigure } from './problem-list';

const problem = (id: number, muted: boolean): Problem => ({ id, muted }) as Problem;
const look = (part: Partial<LastLook>): LastLook => ({
  outcome: 'looked',
  time_unix_nano: 1_000_000e6,
  interval: 60e9,
  window: null,
  baseline: null,
  took: 1,
  error: '',
  ...part,
});

describe('sortProblems', () => {
  it('keeps the order and puts what is muted apart', () => {
    const { loud, muted } = sortProblems([problem(1, false), problem(2, true), problem(3, false)]);
    expect([loud.map(({ id }) => id), muted.map(({ id }) => id)]).toEqual([[1, 3], [2]]);
  });
});

describe('sparkFigure', () => {
  it('is the figure that the problem shows in', () => {
    const point = { time_unix_nano: 0, count: 4, error_count: 1, rate: 2, p50: 1, p95: 9, p99: 10 };
    expect([
      sparkFigure('failing')(point),
      sparkFigure('slow')(point),
      sparkFigure('silent')(point),
      sparkFigure('failing')({ ...point, count: 0, error_count: 0 }),
    ]).toEqual([0.25, 9, 2, null]);
  });
});

describe('isStale', () => {
  it('is a look that others should have followed long ago', () => {
    expect([
      isStale(look({}), 1_000_000 + 239_000),
      isStale(look({}), 1_000_000 + 241_000),
      isStale(look({ interval: 0 }), 9e12),
      isStale(look({ time_unix_nano: null }), 9e12),
    ]).toEqual([false, true, false, false]);
  });
});

describe('passing', () => {
  it('says in words how many traces come by', () => {
    expect([0, 0.4, 1, 20.6].map(passing)).toEqual([
      'no trace passes through it',
      'less than 1 trace a minute passes through it',
      '1 trace a minute passes through it',
      '21 traces a minute pass through it',
    ]);
  });
});
