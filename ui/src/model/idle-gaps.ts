/** Idle time: stretches of a trace in which none of its spans runs. */
import type { Gap } from './timeline-scale';
import { FLAG, type TraceModel } from './trace-model';

/** Shorter gaps than this share of the trace stay as they are: a break would take as much room. */
export const LEAST = 0.05;
/** Three to the shortest gap, so that every gap has a bucket to itself that no span touches. */
const BUCKETS = 60;

/**
 * The gaps of a trace, in order. A span that is open and calls nothing is at work, so its time is never idle; one that
 * has not ended may still run, so there is no gap after it. One pass over the spans, which need not be in order.
 */
export function findIdleGaps(model: Pick<TraceModel, 'size' | 'start' | 'duration' | 'flags' | 'bounds'>): Gap[] {
  const { bounds } = model;
  const bucket = (bounds.end - bounds.start) / BUCKETS;
  const placeOf = (ns: number): number => Math.min(Math.max(Math.floor((ns - bounds.start) / bucket), 0), BUCKETS - 1);
  const running = new Int32Array(BUCKETS + 1);
  const firstStart = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  const lastEnd = new Float64Array(BUCKETS).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < model.size; row++) {
    const start = model.start[row]!;
    const end = model.flags[row]! & FLAG.unfinished ? bounds.end : start + model.duration[row]!;
    const [from, to] = [placeOf(start), placeOf(end)];
    running[from]!++;
    running[to + 1]!--;
    firstStart[from] = Math.min(firstStart[from]!, start);
    lastEnd[to] = Math.max(lastEnd[to]!, end);
  }
  const gaps: Gap[] = [];
  let open = 0;
  let before = -1;
  for (let place = 0; place < BUCKETS; place++) {
    open += running[place]!;
    const touched = open > 0;
    if (!touched) continue;
    // What ends and starts beside untouched buckets are the edges of the gap.
    if (before >= 0 && place - before > 1) {
      const gap = { start: lastEnd[before]!, end: firstStart[place]! };
      if (gap.end - gap.start >= (bounds.end - bounds.start) * LEAST) gaps.push(gap);
    }
    before = place;
  }
  return gaps;
}
