/** Time ranges that a reader has asked for lately: what no preset says. */
import { isTime, PRESETS, type TimeRange } from './time-range';

const MOST = 5;

export const sameRange = (one: TimeRange, other: TimeRange): boolean => one.from === other.from && one.to === other.to;

const isPreset = ({ from, to }: TimeRange): boolean => to === '' && PRESETS.some(([preset]) => preset === from);

/** What a browser has kept, by whoever wrote it. */
export function readRanges(kept: unknown): readonly TimeRange[] {
  return (Array.isArray(kept) ? kept : []).filter(isRange).slice(0, MOST);
}

function isRange(value: unknown): value is TimeRange {
  const { from, to } = (value ?? {}) as Record<string, unknown>;
  return typeof from === 'string' && typeof to === 'string' && isTime(from) && isTime(to);
}

/** The list with this range first; presets are at hand anyway. */
export function withRange(list: readonly TimeRange[], { from, to }: TimeRange): readonly TimeRange[] {
  const range = { from, to };
  if (isPreset(range)) return list;
  return [range, ...list.filter((one) => !sameRange(one, range))].slice(0, MOST);
}
