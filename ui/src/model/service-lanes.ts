/** The rows of the waterfall by service: each lane a heading, and below it the service's spans in the order of the tree. */
import { FLAG, type TraceModel } from './trace-model';
import { headingOf } from './waterfall-entries';

type Spans = Pick<TraceModel, 'size' | 'service' | 'services' | 'start' | 'duration' | 'self' | 'flags' | 'subtree'>;

/** What a lane adds up to. */
export interface LaneSum {
  count: number;
  errors: number;
  self: number;
  start: number;
  end: number;
}

/** What the spans of each service add up to, by its index. */
export function sumLanes(model: Spans): LaneSum[] {
  const sums = model.services.map(
    (): LaneSum => ({ count: 0, errors: 0, self: 0, start: Number.POSITIVE_INFINITY, end: 0 }),
  );
  for (let row = 0; row < model.size; row++) {
    const sum = sums[model.service[row]!]!;
    sum.count++;
    if (model.flags[row]! & FLAG.error) sum.errors++;
    sum.self += model.self[row]!;
    sum.start = Math.min(sum.start, model.start[row]!);
    sum.end = Math.max(sum.end, model.start[row]! + model.duration[row]!);
  }
  return sums;
}

/** How many spans of its own service each span has above it: how deep it is drawn in its lane. */
export function laneDepths(model: Spans): Uint32Array {
  const depths = new Uint32Array(model.size);
  const open = new Uint32Array(model.services.length);
  const above: number[] = [];
  for (let row = 0; row < model.size; row++) {
    for (let top = above.at(-1); top !== undefined && top + model.subtree[top]! < row; top = above.at(-1)) {
      open[model.service[top]!]!--;
      above.pop();
    }
    depths[row] = open[model.service[row]!]!;
    open[model.service[row]!]!++;
    above.push(row);
  }
  return depths;
}

/**
 * Shown rows under the headings of their services, these in the order in which they come first; of lanes that are shut
 * only the heading. One pass to count and one to place.
 */
export function intoLanes(model: Spans, rows: Int32Array, shut: ReadonlySet<number>): Int32Array {
  const counts = new Uint32Array(model.services.length);
  const order: number[] = [];
  for (const row of rows) {
    const service = model.service[row]!;
    if (counts[service] === 0) order.push(service);
    counts[service]!++;
  }
  const next = new Uint32Array(model.services.length);
  let length = 0;
  for (const service of order) {
    next[service] = length + 1;
    length += 1 + (shut.has(service) ? 0 : counts[service]!);
  }
  const entries = new Int32Array(length);
  for (const service of order) entries[next[service]! - 1] = headingOf(service);
  for (const row of rows) {
    const service = model.service[row]!;
    if (!shut.has(service)) entries[next[service]!++] = row;
  }
  return entries;
}

/** The nearest span above a row that is in the same lane; -1 where there is none. */
export function parentInLane(model: Pick<TraceModel, 'parent' | 'service'>, row: number): number {
  let at = model.parent[row]!;
  while (at >= 0 && model.service[at] !== model.service[row]) at = model.parent[at]!;
  return at;
}

/** Names of services as the address has them. */
export const writeNames = (names: readonly string[]): string => names.map(encodeURIComponent).join(',');

/** The names that `writeNames` wrote; what was never encoded is taken as it is. */
export const readNames = (text: string): string[] => text.split(',').filter(Boolean).map(decoded);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
