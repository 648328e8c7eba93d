/** What is asked when a part of a chart is to be explained, and what is shown of the answer. */
import type { Comparison } from '../api/comparison';
import { splitPipeline } from './query-text';
import { type Selection, withDurations } from './selection';
import { resolve, type TimeRange } from './time-range';

export type ComparisonParams = Record<string, string | null>;

const time = (ns: number): string => new Date(Math.round(ns / 1e6)).toISOString();

/**
 * The marked spans against the others that the search finds in its time range. Where all durations are marked, the
 * stretch of time is held against what came before it: for as long as the range reaches back, at least its own length.
 */
export function explainParams(text: string, range: TimeRange, selection: Selection, nowMs: number): ComparisonParams {
  const { filter } = splitPipeline(text);
  const marked = { start: time(selection.start), end: time(selection.end) };
  if (selection.low !== null || selection.high !== null)
    return { q: filter || null, a: withDurations('', selection, 'spans'), ...marked };
  const from = (resolve(range.from || 'now-24h', nowMs) ?? nowMs) * 1e6;
  const before = Math.min(from, selection.start - (selection.end - selection.start));
  return { q: filter || null, ...marked, baseline_start: time(before), baseline_end: marked.start };
}

/** Keys that may differ by more than chance. */
export function signs(answer: Comparison): Comparison['attributes']['keys'] {
  return answer.attributes.keys.filter((key) => key.score > 0);
}
