/** Spans that have not ended, or whose end was not received: how far they are drawn. */
import { duration } from '../base/format';
import { eventsOf, FLAG, type TraceModel } from './trace-model';

/** Nanoseconds after which nobody is taken to be still at work on a trace of which nothing more was heard. */
export const QUIET = 15 * 60e9;

export const isOpen = (model: Pick<TraceModel, 'flags'>, row: number): boolean =>
  (model.flags[row]! & FLAG.unfinished) !== 0;

export function anyOpen({ size, flags }: Pick<TraceModel, 'size' | 'flags'>): boolean {
  for (let row = 0; row < size; row++) if (flags[row]! & FLAG.unfinished) return true;
  return false;
}

/**
 * Now, in nanoseconds since the trace's start, where one of its spans may still run; else null. The clock that says
 * what time it is may be another than those of the spans: what they say of later is not called into question.
 */
export function nowOf(model: TraceModel, now: number): number | null {
  const at = now - model.facts.start_time_unix_nano;
  const quiet = at - model.bounds.end;
  return quiet >= 0 && quiet < QUIET && anyOpen(model) ? at : null;
}

/** The last that was heard of a span: the latest of its events, and of the starts and ends below it. */
export function lastSign(model: TraceModel, row: number): number {
  let last = model.start[row]!;
  for (let at = row; at <= row + model.subtree[row]!; at++) last = Math.max(last, endOf(model, at));
  return lastOf(model, row, last);
}

/** Where `below` is the latest of the starts and ends of a span and of all below it. */
function lastOf(model: TraceModel, row: number, below: number): number {
  let last = below;
  const [first, end] = eventsOf(model, row);
  for (let at = first; at < end; at++) last = Math.max(last, model.eventTime[at]!);
  return Math.min(last, model.bounds.end);
}

const endOf = ({ start, duration }: Pick<TraceModel, 'start' | 'duration'>, row: number): number =>
  start[row]! + duration[row]!;

/** How the spans without an end are drawn. */
export interface OpenSpans {
  readonly model: TraceModel;
  /** Up to when a row that has not ended is drawn, and whether that is now. */
  readonly openUntil: (row: number) => number;
  readonly running: boolean;
}

/** Up to when a span is drawn. */
export const drawnEnd = ({ model, openUntil }: Pick<OpenSpans, 'model' | 'openUntil'>, row: number): number =>
  isOpen(model, row) ? openUntil(row) : endOf(model, row);

/** How long a span took; of one without an end how long so far, while it is taken to run. */
export function lengthWords({ model, openUntil, running }: OpenSpans, row: number): string {
  if (!isOpen(model, row)) return duration(model.duration[row]!);
  return running ? `${duration(openUntil(row) - model.start[row]!)}…` : 'no end';
}

/** How much of the axis each span takes; one that still runs all that is to come. */
export function drawnLengths(model: TraceModel, running: boolean): Float64Array {
  if (!anyOpen(model)) return model.duration;
  const { size, parent, start } = model;
  const ends = Float64Array.from({ length: size }, (_, row) => endOf(model, row));
  // Children stand behind their parents: from the last row on, what is below each is known.
  for (let row = size - 1; row > 0; row--) {
    const above = parent[row]!;
    if (above >= 0) ends[above] = Math.max(ends[above]!, ends[row]!);
  }
  return model.duration.map((own, row) => {
    if (!isOpen(model, row)) return own;
    return running ? Number.POSITIVE_INFINITY : lastOf(model, row, ends[row]!) - start[row]!;
  });
}
