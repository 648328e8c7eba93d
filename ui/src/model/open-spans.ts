/** Spans that have not ended, or whose end was not received: how far they are drawn. */
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
  for (let at = row; at <= row + model.subtree[row]!; at++)
    last = Math.max(last, model.start[at]! + model.duration[at]!);
  const [first, end] = eventsOf(model, row);
  for (let at = first; at < end; at++) last = Math.max(last, model.eventTime[at]!);
  return Math.min(last, model.bounds.end);
}
