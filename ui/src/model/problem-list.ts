/** Problems as the home page shows them: what is loud, what is muted, what each one is drawn by. */
import type { LastLook, Problem } from '../api/problems';
import type { Point } from '../api/topology';
import { plural } from '../base/format';

export const MOST_SHOWN = 10;
/** Minutes before the onset that a sparkline shows. */
const BEFORE = 30;

export interface Sorted {
  readonly loud: readonly Problem[];
  readonly muted: readonly Problem[];
}

export function sortProblems(problems: readonly Problem[]): Sorted {
  return { loud: problems.filter((each) => !each.muted), muted: problems.filter((each) => each.muted) };
}

/** From half an hour before the onset on, in milliseconds since the epoch. */
export function sparkStart(problem: Problem): number {
  return problem.onset_unix_nano / 1e6 - BEFORE * 60_000;
}

/** The figure in which a problem of this kind shows. */
export function sparkFigure(kind: Problem['kind']): (point: Point) => number | null {
  if (kind === 'failing') return (point) => (point.count === 0 ? null : point.error_count / point.count);
  if (kind === 'silent' || kind === 'changed') return (point) => point.rate;
  return (point) => point.p95;
}

export const SPARK_NAMES: Readonly<Record<Problem['kind'], string>> = {
  slow: 'p95',
  failing: 'share that failed',
  silent: 'requests',
  overloaded: 'p95',
  changed: 'requests',
};

/** How many traces come by it, in words. */
export function passing(perMinute: number): string {
  if (perMinute === 0) return 'no trace passes through it';
  if (perMinute < 1) return 'less than 1 trace a minute passes through it';
  const traces = Math.round(perMinute);
  return `${plural(traces, 'trace')} a minute ${traces === 1 ? 'passes' : 'pass'} through it`;
}

/** A look over much that came may take so long by itself. */
const GRACE_MS = 60_000;

/** Whether the last look is so long ago that what it found may be over: others should have followed. */
export function isStale(look: LastLook, nowMs: number): boolean {
  if (look.interval === 0 || look.time_unix_nano === null) return false;
  return nowMs - look.time_unix_nano / 1e6 > (3 * look.interval) / 1e6 + GRACE_MS;
}
