/** What a window is compared with, as the diagnosis page's address says it. */
import { bounds } from './service-rows';
import { resolve, type TimeRange, toParameter } from './time-range';

export const AGAINST = [
  ['', 'the time before it'],
  ['day', 'the same time a day before'],
  ['week', 'the same time a week before'],
] as const;

const SHIFTS: ReadonlyMap<string, number> = new Map([
  ['day', 86_400_000],
  ['week', 7 * 86_400_000],
]);

/** The API's parameters; null when the range has no beginning, which cannot be compared. `against` may be two times, `from,to`. */
export function diagnosisParams(
  range: TimeRange,
  against: string,
  service: string | null,
  nowMs: number,
): Record<string, string | null> | null {
  const at = bounds(range, nowMs);
  if (!at) return null;
  const params: Record<string, string | null> = { start: toParameter(range.from), end: toParameter(range.to), service };
  const shift = SHIFTS.get(against);
  if (shift !== undefined) {
    params.baseline_start = new Date(at.from - shift).toISOString();
    params.baseline_end = new Date(at.to - shift).toISOString();
  }
  const [from, to] = against.includes(',') ? against.split(',') : [];
  if (from && to && resolve(from, nowMs) !== null && resolve(to, nowMs) !== null) {
    params.baseline_start = toParameter(from) ?? 'now';
    params.baseline_end = toParameter(to) ?? 'now';
  }
  return params;
}
