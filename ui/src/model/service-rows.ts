/** The services of a time range beside those of the same length of time a day before. */
import type { Service } from '../api/types';
import { type Steps, stepsOf } from './series';
import { resolve, type TimeRange } from './time-range';

export type Column = 'name' | 'rate' | 'errors' | 'p50' | 'p95' | 'p99' | 'seen';

export interface ServiceRow {
  readonly service: Service;
  /** Requests a minute. */
  readonly rate: number;
  /** Share of requests that failed. */
  readonly errors: number;
  /** Now through then; null where there was too little to compare with. */
  readonly slower: number | null;
  /** Difference of the shares of failed requests, in points; null as above. */
  readonly moreErrors: number | null;
  /** Seconds since it was last seen, at the end of the range. */
  readonly silent: number;
}

/** Fewer requests than this say nothing about a percentile. */
export const ENOUGH = 30;

/** Start and end in milliseconds; an open start is the beginning of time, which has no rate. */
export function bounds(range: TimeRange, nowMs: number): { from: number; to: number } | null {
  const from = range.from === '' ? null : resolve(range.from, nowMs);
  const to = range.to === '' ? nowMs : resolve(range.to, nowMs);
  return from === null || to === null || to <= from ? null : { from, to };
}

export function serviceRows(
  now: readonly Service[],
  before: readonly Service[],
  minutes: number,
  endMs: number,
): ServiceRow[] {
  const then = new Map(before.map((service) => [service.name, service]));
  return now.map((service) => {
    const old = then.get(service.name);
    const comparable = old !== undefined && old.request_count >= ENOUGH && service.request_count >= ENOUGH;
    const errors = share(service);
    return {
      service,
      rate: minutes > 0 ? service.request_count / minutes : 0,
      errors,
      slower: comparable && old.p95 && service.p95 ? service.p95 / old.p95 : null,
      moreErrors: comparable ? errors - share(old) : null,
      silent: Math.max(0, (endMs - service.last_seen_unix_nano / 1e6) / 1000),
    };
  });
}

function share(service: Service): number {
  return service.request_count === 0 ? 0 : service.request_error_count / service.request_count;
}

/** The steps of the charts of all services: of the range, or of the time in which there is any request. */
export function sparkSteps(
  services: readonly Pick<Service, 'series'>[],
  step: number,
  range: { from: number; to: number } | null,
): Steps | null {
  if (step === 0) return null;
  if (range && (range.to - range.from) * 1e6 <= step * MOST_STEPS)
    return stepsOf(range.from * 1e6, range.to * 1e6, step);
  const times = services.flatMap(({ series }) => series.map((point) => point.time_unix_nano));
  return times.length === 0 ? null : stepsOf(Math.min(...times), Math.max(...times) + step, step);
}

/** A range that is much longer than the time with requests would be drawn as an empty line. */
const MOST_STEPS = 80;

/** Worst first: by share of errors, then by the slowest requests; names from a to z. */
export function sortRows(rows: readonly ServiceRow[], by: Column, down: boolean): ServiceRow[] {
  const value = (row: ServiceRow): number => {
    if (by === 'rate') return row.rate;
    if (by === 'errors') return row.errors;
    return by === 'seen' ? row.silent : by === 'name' ? 0 : (row.service[by] ?? -1);
  };
  const sign = down ? -1 : 1;
  return [...rows].sort(
    (one, other) =>
      (by === 'name'
        ? one.service.name.localeCompare(other.service.name) * sign
        : (value(one) - value(other)) * sign) ||
      (other.service.p95 ?? 0) - (one.service.p95 ?? 0) ||
      one.service.name.localeCompare(other.service.name),
  );
}
