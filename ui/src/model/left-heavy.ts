/**
 * The calls of a trace merged: spans of one service and name below the same calls are one, wherever in time they ran.
 *
 * A call is as wide as the self times of its spans and of all below it: these add up, which durations of calls that
 * run beside each other do not. The heaviest of its siblings stands first.
 */
import { FLAG, type TraceModel } from './trace-model';

/** What calls are merged from: plain arrays, so that a worker can be given them. */
export type MergedSpans = Pick<
  TraceModel,
  'size' | 'parent' | 'service' | 'name' | 'services' | 'names' | 'duration' | 'self' | 'flags'
>;

/** Calls depth first; those below the one at place i stand at i + 1 … i + below[i]. */
export interface MergedCalls {
  readonly size: number;
  /** Place of the call above; -1 at roots. */
  readonly parent: Int32Array;
  readonly depth: Uint32Array;
  readonly below: Uint32Array;
  /** How many spans it merges, and how many of them have an error. */
  readonly count: Uint32Array;
  readonly errors: Uint32Array;
  /** Nanoseconds: the durations of its spans, their self times, and the self times of all below it too. */
  readonly total: Float64Array;
  readonly self: Float64Array;
  readonly weight: Float64Array;
  /** Where it begins, in nanoseconds of weight. */
  readonly start: Float64Array;
  /** The row of its longest span. */
  readonly row: Uint32Array;
  /** The call that each span is merged into. */
  readonly callOf: Uint32Array;
  /** The weight of all. */
  readonly whole: number;
  readonly maxDepth: number;
}

export function mergeCalls(model: MergedSpans): MergedCalls {
  const { callOf, parent } = merge(model);
  const sums = add(model, callOf, parent);
  const order = heaviestFirst(parent, sums.weight);
  return lay(order, parent, callOf, sums);
}

/** Numbers calls in the order in which they first come, so that a call stands behind the one above it. */
function merge(model: MergedSpans): { callOf: Uint32Array; parent: Int32Array } {
  const callOf = new Uint32Array(model.size);
  const known = new Map<number, number>();
  const parents: number[] = [];
  for (let row = 0; row < model.size; row++) {
    const above = model.parent[row]! < 0 ? -1 : callOf[model.parent[row]!]!;
    const key = ((above + 1) * model.services.length + model.service[row]!) * model.names.length + model.name[row]!;
    let call = known.get(key);
    if (call === undefined) {
      call = parents.length;
      parents.push(above);
      known.set(key, call);
    }
    callOf[row] = call;
  }
  return { callOf, parent: Int32Array.from(parents) };
}

type Sums = Pick<MergedCalls, 'count' | 'errors' | 'total' | 'self' | 'weight' | 'row'>;

function add(model: MergedSpans, callOf: Uint32Array, parent: Int32Array): Sums {
  const calls = parent.length;
  const [count, errors, row] = [new Uint32Array(calls), new Uint32Array(calls), new Uint32Array(calls)];
  const [total, self] = [new Float64Array(calls), new Float64Array(calls)];
  for (let at = 0; at < model.size; at++) {
    const call = callOf[at]!;
    if (count[call] === 0 || model.duration[at]! > model.duration[row[call]!]!) row[call] = at;
    count[call]!++;
    if (model.flags[at]! & FLAG.error) errors[call]!++;
    total[call]! += model.duration[at]!;
    self[call]! += model.self[at]!;
  }
  const weight = self.slice();
  for (let call = calls - 1; call >= 0; call--) if (parent[call]! >= 0) weight[parent[call]!]! += weight[call]!;
  return { count, errors, row, total, self, weight };
}

/** Calls depth first, of siblings the heaviest first, and of equally heavy ones that which came first. */
function heaviestFirst(parent: Int32Array, weight: Float64Array): Uint32Array {
  const children = new Map<number, number[]>();
  for (let call = 0; call < parent.length; call++) {
    const siblings = children.get(parent[call]!);
    if (siblings) siblings.push(call);
    else children.set(parent[call]!, [call]);
  }
  const order = new Uint32Array(parent.length);
  const waiting: number[] = [];
  // Taken from its end: the heaviest goes in last.
  const open = (call: number): void => {
    const below = children.get(call) ?? [];
    below.sort((one, other) => weight[one]! - weight[other]! || other - one);
    for (const each of below) waiting.push(each);
  };
  open(-1);
  for (let at = 0; at < order.length; at++) {
    const call = waiting.pop()!;
    order[at] = call;
    open(call);
  }
  return order;
}

function lay(order: Uint32Array, parentOf: Int32Array, callOf: Uint32Array, sums: Sums): MergedCalls {
  const calls = order.length;
  const place = new Uint32Array(calls);
  for (let at = 0; at < calls; at++) place[order[at]!] = at;
  const [parent, depth, below] = [new Int32Array(calls), new Uint32Array(calls), new Uint32Array(calls)];
  /** Where the next child of each call begins. */
  const [start, next] = [new Float64Array(calls), new Float64Array(calls)];
  let [whole, maxDepth] = [0, 0];
  for (let at = 0; at < calls; at++) {
    const above = parentOf[order[at]!]!;
    parent[at] = above < 0 ? -1 : place[above]!;
    const weight = sums.weight[order[at]!]!;
    if (above < 0) {
      start[at] = whole;
      whole += weight;
    } else {
      depth[at] = depth[parent[at]!]! + 1;
      start[at] = next[parent[at]!]!;
      next[parent[at]!]! += weight;
    }
    next[at] = start[at]!;
    maxDepth = Math.max(maxDepth, depth[at]!);
  }
  for (let at = calls - 1; at >= 0; at--) if (parent[at]! >= 0) below[parent[at]!]! += below[at]! + 1;
  const numbers = (values: Float64Array): Float64Array => Float64Array.from(order, (call) => values[call]!);
  const counts = (values: Uint32Array): Uint32Array => Uint32Array.from(order, (call) => values[call]!);
  return {
    size: calls,
    parent,
    depth,
    below,
    start,
    whole,
    maxDepth,
    count: counts(sums.count),
    errors: counts(sums.errors),
    row: counts(sums.row),
    total: numbers(sums.total),
    self: numbers(sums.self),
    weight: numbers(sums.weight),
    callOf: callOf.map((call) => place[call]!),
  };
}

/** The call at a depth and a weight from the left; -1 where there is none. */
export function callAt(calls: MergedCalls, depth: number, at: number): number {
  for (let call = 0, end = calls.size; call < end; ) {
    const inside = at >= calls.start[call]! && at < calls.start[call]! + calls.weight[call]!;
    if (inside && calls.depth[call] === depth) return call;
    if (inside) end = call + calls.below[call]! + 1;
    call += inside ? 1 : calls.below[call]! + 1;
  }
  return -1;
}
