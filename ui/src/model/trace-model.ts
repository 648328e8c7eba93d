/**
 * A trace as columns, in the display order that the server gave it.
 *
 * The view draws from these typed arrays and never from reactive state: a trace may have 100,000 spans.
 * The subtree of row i is the rows i+1 … i+subtree[i], so folding needs no tree.
 */
import type { Span, Trace } from '../api/types';

export const FLAG = {
  error: 1,
  /** Its parent is named but has not arrived. */
  parentMissing: 2,
  unfinished: 4,
  hasEvents: 8,
  hasLinks: 16,
  hasWarnings: 32,
} as const;

export interface TraceModel {
  readonly trace: Trace;
  readonly spans: readonly Span[];
  readonly size: number;
  readonly depth: Uint16Array;
  /** Row of the parent, -1 for roots of display. */
  readonly parent: Int32Array;
  readonly subtree: Uint32Array;
  /** Nanoseconds since the start of the trace. */
  readonly start: Float64Array;
  readonly duration: Float64Array;
  readonly self: Float64Array;
  /** Time on the critical path. */
  readonly critical: Float64Array;
  /** The server has told the critical path. */
  readonly hasPath: boolean;
  readonly flags: Uint8Array;
  /** Index into `services`. */
  readonly service: Uint16Array;
  /** Spans with an error below this one, itself not counted. */
  readonly errorsBelow: Uint32Array;
  readonly services: readonly string[];
  readonly rowOf: ReadonlyMap<string, number>;
  /** The whole trace on the time axis: from the earliest start to the latest end, never empty. */
  readonly bounds: { readonly start: number; readonly end: number };
  readonly maxDepth: number;
}

export function buildModel(trace: Trace): TraceModel {
  const spans = trace.spans;
  const size = spans.length;
  const model = {
    trace,
    spans,
    size,
    depth: new Uint16Array(size),
    parent: new Int32Array(size).fill(-1),
    subtree: new Uint32Array(size),
    start: new Float64Array(size),
    duration: new Float64Array(size),
    self: new Float64Array(size),
    critical: new Float64Array(size),
    flags: new Uint8Array(size),
    service: new Uint16Array(size),
    errorsBelow: new Uint32Array(size),
  };
  const serviceIndex = new Map<string, number>();
  const rowOf = new Map<string, number>();
  const open: number[] = [];
  let last = 0;
  let first = 0;
  let maxDepth = 0;
  let hasPath = false;
  for (let row = 0; row < size; row++) {
    const span = spans[row]!;
    const depth = Math.min(span.depth, 65535);
    model.depth[row] = depth;
    open.length = Math.min(depth, open.length);
    model.parent[row] = depth > 0 ? (open[depth - 1] ?? -1) : -1;
    open[depth] = row;
    model.subtree[row] = Math.min(span.descendant_count, size - row - 1);
    model.start[row] = span.start_offset;
    model.duration[row] = span.duration;
    model.self[row] = span.self_time;
    for (const [from, to] of span.critical) model.critical[row] = model.critical[row]! + to - from;
    hasPath ||= model.critical[row]! > 0;
    model.flags[row] = flagsOf(span);
    let service = serviceIndex.get(span.service);
    if (service === undefined) {
      service = serviceIndex.size;
      serviceIndex.set(span.service, service);
    }
    model.service[row] = service;
    // An id that comes twice (a shared B3 span) selects its first row.
    if (!rowOf.has(span.span_id)) rowOf.set(span.span_id, row);
    first = Math.min(first, span.start_offset);
    last = Math.max(last, span.start_offset + span.duration);
    maxDepth = Math.max(maxDepth, depth);
  }
  countErrors(model);
  const bounds = { start: first, end: Math.max(last, first + 1) };
  return { ...model, services: [...serviceIndex.keys()], rowOf, bounds, maxDepth, hasPath };
}

function flagsOf(span: Span): number {
  return (
    (span.status.code === 'error' ? FLAG.error : 0) |
    (span.parent_missing ? FLAG.parentMissing : 0) |
    (span.unfinished ? FLAG.unfinished : 0) |
    (span.events.length > 0 ? FLAG.hasEvents : 0) |
    (span.links.length > 0 ? FLAG.hasLinks : 0) |
    (span.warnings.length > 0 ? FLAG.hasWarnings : 0)
  );
}

function countErrors(model: { size: number; parent: Int32Array; flags: Uint8Array; errorsBelow: Uint32Array }): void {
  // Children stand after their parents, so one pass from the end has every child finished before its parent.
  for (let row = model.size - 1; row > 0; row--) {
    const parent = model.parent[row]!;
    if (parent < 0) continue;
    const own = model.flags[row]! & FLAG.error ? 1 : 0;
    model.errorsBelow[parent] = model.errorsBelow[parent]! + model.errorsBelow[row]! + own;
  }
}

/**
 * Where the direct children of a row run, as start, end, start, end …: merged where they overlap and clipped to the row.
 * What is left of the row is the time it spent itself.
 */
export function childCover(model: TraceModel, row: number): Float64Array {
  const from = model.start[row]!;
  const to = from + model.duration[row]!;
  const merged: number[] = [];
  const last = row + model.subtree[row]!;
  // Siblings stand in order of their start, so one pass merges them.
  for (let child = row + 1; child <= last; child += model.subtree[child]! + 1) {
    const start = Math.max(from, model.start[child]!);
    const end = Math.min(to, model.start[child]! + model.duration[child]!);
    if (end <= start) continue;
    const before = merged.length - 1;
    if (before > 0 && start <= merged[before]!) merged[before] = Math.max(merged[before]!, end);
    else merged.push(start, end);
  }
  return Float64Array.from(merged);
}

export function hasFlag(model: TraceModel, row: number, flag: number): boolean {
  return (model.flags[row]! & flag) !== 0;
}

/** The nearest row after (1) or before (-1) `from` for which `test` holds, going round the ends; -1 when there is none. */
export function nextRow(size: number, from: number, direction: 1 | -1, test: (row: number) => boolean): number {
  for (let step = 1; step <= size; step++) {
    const row = (((from + direction * step) % size) + size) % size;
    if (test(row)) return row;
  }
  return -1;
}
