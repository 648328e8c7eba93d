/** What is marked in a chart: a stretch of time and, in a heat map, of durations. */
import { duration, parseDuration } from '../base/format';
import { durationAt, type Heat, PER_DOUBLING } from './histogram';
import { boundOf, readParts, setBound } from './query-text';
import type { TimeRange } from './time-range';

/** Times in ns since the epoch, durations in ns; `high` is left out, as the API leaves out `end`. */
export interface Selection {
  readonly start: number;
  readonly end: number;
  readonly low: number | null;
  readonly high: number | null;
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
}

interface Axis {
  readonly start: number;
  readonly step: number;
  readonly columns: number;
}

/** Whole columns that an area touches. */
export function timesOf(axis: Axis, area: Area): { start: number; end: number } {
  const first = Math.min(Math.floor(area.left * axis.columns), axis.columns - 1);
  const last = Math.max(first + 1, Math.ceil(area.right * axis.columns - 1e-9));
  return { start: axis.start + first * axis.step, end: axis.start + last * axis.step };
}

/** Whole cells that an area touches; the lowest and highest rows of the map bound nothing. */
export function selectionOf(heat: Heat, area: Area): Selection {
  const first = Math.min(Math.floor(area.low * heat.rows), heat.rows - 1);
  const last = Math.max(first + 1, Math.ceil(area.high * heat.rows - 1e-9));
  return {
    ...timesOf(heat, area),
    low: first === 0 ? null : durationAt(heat.lowest + first),
    high: last === heat.rows ? null : durationAt(heat.lowest + last),
  };
}

/** Where a selection stands in the map: the other way round, for one that came from the fields. */
export function areaOf(heat: Heat, selection: Selection): Area {
  const whole = heat.step * heat.columns || 1;
  const share = (value: number): number => Math.min(Math.max(value, 0), 1);
  const row = (ns: number): number => share((Math.log2(Math.max(ns, 1)) * PER_DOUBLING - heat.lowest) / heat.rows);
  return {
    left: share((selection.start - heat.start) / whole),
    right: share((selection.end - heat.start) / whole),
    low: selection.low === null ? 0 : row(selection.low),
    high: selection.high === null ? 1 : row(selection.high),
  };
}

/** How many spans or traces are in it, and how many of them failed. */
export function countIn(heat: Heat, selection: Selection): { count: number; errors: number } {
  const area = areaOf(heat, selection);
  let count = 0;
  let errors = 0;
  for (let column = Math.round(area.left * heat.columns); column < Math.round(area.right * heat.columns); column++) {
    for (let row = Math.round(area.low * heat.rows); row < Math.round(area.high * heat.rows); row++) {
      count += heat.counts[column * heat.rows + row]!;
      errors += heat.errors[column * heat.rows + row]!;
    }
  }
  return { count, errors };
}

export function rangeOf(selection: Pick<Selection, 'start' | 'end'>): TimeRange {
  const written = (unixNano: number): string => new Date(Math.round(unixNano / 1e6)).toISOString();
  return { from: written(selection.start), to: written(selection.end) };
}

/** A duration as the search text has it: exact, in the largest unit that needs no point. */
export function written(ns: number): string {
  const units: [number, string][] = [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'us'],
  ];
  // Bounds of cells are powers of the root of two: four digits say them well enough.
  const rounded = ns < 1e4 ? ns : Number(ns.toPrecision(4));
  const [size, unit] = units.find(([each]) => rounded >= each) ?? [1, 'ns'];
  return `${Number((rounded / size).toFixed(3))}${unit}`;
}

/** The text with the durations of a selection: those of traces have a key of their own. */
export function withDurations(text: string, selection: Selection, of: 'spans' | 'traces'): string {
  const key = of === 'traces' ? 'trace.duration' : 'duration';
  let next = text;
  if (selection.low !== null) next = setBound(next, key, '>=', written(selection.low));
  if (selection.high !== null) next = setBound(next, key, '<', written(selection.high));
  return next;
}

/** `200 ms – 1 s`, `from 2 s`, or nothing where every duration is meant. */
export function durationsText({ low, high }: Selection): string {
  if (low === null) return high === null ? '' : `below ${duration(high)}`;
  return high === null ? `from ${duration(low)}` : `${duration(low)} – ${duration(high)}`;
}

/** The bounds that a text sets itself, for the fields. */
export function boundsOf(text: string, key: string): { low: number | null; high: number | null } {
  const parts = readParts(text);
  return { low: parseDuration(boundOf(parts, key, '>')), high: parseDuration(boundOf(parts, key, '<')) };
}
