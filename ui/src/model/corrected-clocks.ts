/** A trace by the clock of its root's host: what each host sent is moved by the correction that its calls show. */
import { layPath, type TraceHeader, type TraceModel } from './trace-model';

/** What the times of each host are moved by, in the order of the trace's texts; null where no clock is off. */
export function shifts({ facts }: Pick<TraceModel, 'facts'>): Float64Array | null {
  const corrections = new Map(facts.clocks.map(({ host, correction }) => [host, correction]));
  const moved = Float64Array.from(facts.texts.host, (host) => corrections.get(host) ?? 0);
  return moved.some((shift) => shift !== 0) ? moved : null;
}

/**
 * The same rows at corrected times, which count from the earliest of them. Durations are as they were, and so are the
 * figures that the collector took from the times as they were sent: self time, and time on the critical path.
 */
export function corrected(model: TraceModel): TraceModel {
  const shift = shifts(model);
  if (!shift || model.size === 0) return model;
  const start = model.start.map((time, row) => time + shift[model.host[row]!]!);
  const first = start.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  let last = 1;
  for (let row = 0; row < model.size; row++) {
    start[row]! -= first;
    last = Math.max(last, start[row]! + model.duration[row]!);
  }
  const eventTime = model.eventTime.map((time, at) => time + shift[model.host[model.eventRow[at]!]!]! - first);
  const began = model.facts.start_time_unix_nano + first;
  const moved = {
    ...model,
    facts: {
      ...model.facts,
      start_offset: String(BigInt(model.facts.start_offset) + BigInt(Math.round(first))),
      start_time_unix_nano: began,
      end_time_unix_nano: began + last,
      duration: last,
    },
    start,
    eventTime,
    pathStart: new Float64Array(model.size),
    pathEnd: new Float64Array(model.size),
    bounds: { start: 0, end: last },
  };
  layPath({ ...moved, critical: new Float64Array(model.size) }, last);
  return moved;
}

const startOf = (facts: TraceHeader): bigint => BigInt(facts.origin_unix_nano) + BigInt(facts.start_offset);

/** By how many nanoseconds the times of one state of a trace count from later than those of another. */
export const laterBy = (before: TraceHeader, now: TraceHeader): number => Number(startOf(now) - startOf(before));
