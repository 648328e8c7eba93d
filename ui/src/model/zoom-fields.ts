/** The ends of the shown time as two fields: what they say, and what is meant by what was typed. */
import { parseDuration } from '../base/format';
import { clamp, type View } from './timeline-scale';

const UNITS: readonly (readonly [size: number, unit: string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'us'],
  [1, 'ns'],
];
/** An end is written to this share of what is shown, so that what is read again shows the same. */
const FINENESS = 1000;

/** A moment since the trace's start, as `parseDuration` reads it. */
export function momentText(ns: number, { start, end }: View): string {
  const [size, unit] = UNITS.find(([size]) => end >= size) ?? UNITS[3]!;
  const step = (end - start) / FINENESS / size;
  const most = Math.round(Math.log10(size));
  const digits = Math.min(most, Math.max(0, Math.ceil(-Math.log10(step))));
  const text = (ns / size).toFixed(digits);
  return `${digits > 0 ? text.replace(/\.?0+$/, '') : text}${unit}`;
}

const momentOf = (text: string): number | null => (text.trim() === '0' ? 0 : parseDuration(text));

/** What is to be shown, inside of the trace; a sentence where the fields say nothing that could be. */
export function typedView(from: string, to: string, bounds: View): View | string {
  const [start, end] = [momentOf(from), momentOf(to)];
  if (start === null || end === null) return 'A time has a unit: 20us, 500ms, 1.5s.';
  if (start >= end) return 'The start has to be before the end.';
  if (start >= bounds.end) return `The trace ends at ${momentText(bounds.end, bounds)}.`;
  return clamp({ start: Math.max(start, bounds.start), end: Math.min(end, bounds.end) }, bounds);
}
