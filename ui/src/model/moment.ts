/** What a trace is at work on at a moment. */
import type { TraceModel } from './trace-model';

/** The row of the deepest span that runs at a time since the trace's start, the last of those that are as deep; -1: none. */
export function deepestAt(model: Pick<TraceModel, 'size' | 'start' | 'duration' | 'depth'>, at: number): number {
  let found = -1;
  for (let row = 0; row < model.size; row++) {
    const start = model.start[row]!;
    if (start > at || start + model.duration[row]! < at) continue;
    if (found < 0 || model.depth[row]! >= model.depth[found]!) found = row;
  }
  return found;
}
