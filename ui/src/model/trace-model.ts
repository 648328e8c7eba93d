/**
 * A trace as columns, in the display order that the server gave it.
 *
 * The view draws from these typed arrays and never from reactive state: a trace may have a million spans. Nothing here
 * but arrays and plain values, so that a worker can make it. The subtree of row i is the rows i+1 … i+subtree[i], so
 * folding needs no tree.
 */
import type { Clock, ServiceCount, TraceList } from '../api/types';
import { Columns, type Numbers } from './columns';
import { idOfRow, indexIds, rowOfId, type SpanIds } from './span-ids';

export const FLAG = {
  error: 1,
  /** Its parent is named but has not arrived. */
  parentMissing: 2,
  unfinished: 4,
  hasEvents: 8,
  hasLinks: 16,
  hasLogs: 32,
  critical: 64,
} as const;

/** How much an answer holds of what there is. */
export type Coverage = Pick<TraceList, 'returned' | 'total' | 'total_relation' | 'reason'>;

/** What is known of the trace as a whole. */
export interface TraceFacts extends Coverage {
  readonly trace_id: string;
  readonly start_time_unix_nano: number;
  readonly end_time_unix_nano: number;
  readonly duration: number;
  readonly root_service: string | null;
  readonly root_name: string | null;
  readonly span_count: number;
  readonly error_count: number;
  readonly missing_parents: number;
  readonly log_count: number;
  readonly services: readonly ServiceCount[];
}

type TextColumn = 'service' | 'instance' | 'scope' | 'name' | 'host' | 'kind' | 'status';

export interface TraceHeader extends TraceFacts {
  readonly origin_unix_nano: string;
  readonly start_offset: string;
  readonly texts: Readonly<Record<TextColumn, readonly string[]>>;
  /** Sentences by the bit of `flags`. */
  readonly oddities: Readonly<Record<string, string>>;
  /** The clock of each host. */
  readonly clocks: readonly Clock[];
}

export interface TraceModel {
  readonly facts: TraceHeader;
  readonly size: number;
  /** Below a lost parent it begins with 1: the parent has the place above it. */
  readonly depth: Uint32Array;
  /** Row of the parent, -1 for roots of display. */
  readonly parent: Int32Array;
  readonly subtree: Uint32Array;
  /** How many spans are directly below each. */
  readonly children: Uint32Array;
  /** Nanoseconds since the start of the trace, within it. */
  readonly start: Float64Array;
  readonly duration: Float64Array;
  readonly self: Float64Array;
  /** Time on the critical path. */
  readonly critical: Float64Array;
  /** The part of a span on the critical path that is within its parents'; 0 and 0 elsewhere. */
  readonly pathStart: Float64Array;
  readonly pathEnd: Float64Array;
  readonly hasPath: boolean;
  readonly flags: Uint16Array;
  /** The bits of `flags` that say that something is odd. */
  readonly odd: number;
  /** Places in `services` and `names`. */
  readonly service: Numbers;
  readonly name: Numbers;
  readonly services: readonly string[];
  readonly names: readonly string[];
  readonly instance: Numbers;
  readonly host: Numbers;
  readonly kind: Numbers;
  readonly status: Numbers;
  readonly ids: SpanIds;
  /** The rows of spans whose parent has not arrived, and the ids of these parents as the halves of their eight bytes. */
  readonly lostRow: Numbers;
  readonly lostParent: Uint32Array;
  /** Events, by row and then by time. */
  readonly eventRow: Numbers;
  readonly eventTime: Float64Array;
  /** Spans with an error below this one, itself not counted. */
  readonly errorsBelow: Uint32Array;
  /** The whole trace on the time axis: from the earliest start to the latest end, never empty. */
  readonly bounds: { readonly start: number; readonly end: number };
  readonly maxDepth: number;
}

export function buildModel(buffer: ArrayBuffer): TraceModel {
  const columns = new Columns<TraceHeader>(buffer);
  const facts = columns.header;
  const began = BigInt(facts.start_offset);
  const flags = Uint16Array.from(columns.numbers('flags'));
  const size = flags.length;
  const model = {
    facts,
    size,
    depth: new Uint32Array(size),
    parent: new Int32Array(size),
    subtree: Uint32Array.from(columns.numbers('below')),
    children: new Uint32Array(size),
    start: columns.since('start', began),
    duration: columns.since('duration', 0n),
    self: columns.since('self_time', 0n),
    critical: new Float64Array(size),
    pathStart: new Float64Array(size),
    pathEnd: new Float64Array(size),
    flags,
    odd: Object.keys(facts.oddities).reduce((bits, bit) => bits | Number(bit), 0),
    service: columns.numbers('service'),
    name: columns.numbers('name'),
    services: facts.texts.service,
    names: facts.texts.name,
    instance: columns.numbers('instance'),
    host: columns.numbers('host'),
    kind: columns.numbers('kind'),
    status: columns.numbers('status'),
    ids: indexIds(columns.halves('span_id')),
    lostRow: columns.numbers('lost_row'),
    lostParent: columns.halves('lost_parent'),
    eventRow: columns.numbers('event_row'),
    eventTime: columns.since('event_time', began),
    errorsBelow: new Uint32Array(size),
  };
  const maxDepth = climb(model, columns.numbers('parent_delta'));
  const hasPath = layPath(model, facts.duration);
  let last = 0;
  for (let row = 0; row < size; row++) {
    model.start[row] = Math.min(Math.max(0, model.start[row]!), facts.duration);
    last = Math.max(last, model.start[row]! + model.duration[row]!);
  }
  countErrors(model);
  return { ...model, bounds: { start: 0, end: Math.max(last, 1) }, maxDepth, hasPath };
}

/** Parents, depths and counts of children, from how far up each parent is. */
function climb(model: Pick<TraceModel, 'size' | 'parent' | 'depth' | 'children' | 'flags'>, delta: Numbers): number {
  let deepest = 0;
  for (let row = 0; row < model.size; row++) {
    const parent = delta[row] === 0 ? -1 : row - delta[row]!;
    model.parent[row] = parent;
    if (parent >= 0) model.children[parent]!++;
    const lost = model.flags[row]! & FLAG.parentMissing ? 1 : 0;
    model.depth[row] = parent < 0 ? lost : model.depth[parent]! + 1;
    deepest = Math.max(deepest, model.depth[row]!);
  }
  return deepest;
}

type Path = Pick<TraceModel, 'size' | 'parent' | 'flags' | 'start' | 'duration' | 'critical' | 'pathStart' | 'pathEnd'>;

/** Clips each span on the critical path to its parent, and gives the time of children to them alone. */
export function layPath(model: Path, whole: number): boolean {
  let found = false;
  const { parent, start, duration, critical, pathStart, pathEnd } = model;
  for (let row = 0; row < model.size; row++) {
    if ((model.flags[row]! & FLAG.critical) === 0) continue;
    const above = parent[row]!;
    const from = Math.max(start[row]!, above < 0 ? 0 : pathStart[above]!);
    const to = Math.max(from, Math.min(start[row]! + duration[row]!, above < 0 ? whole : pathEnd[above]!));
    pathStart[row] = from;
    pathEnd[row] = to;
    critical[row] = critical[row]! + to - from;
    if (above >= 0) critical[above] = critical[above]! - (to - from);
    found ||= to > from;
  }
  return found;
}

function countErrors(model: { size: number; parent: Int32Array; flags: Uint16Array; errorsBelow: Uint32Array }): void {
  // Children stand after their parents, so one pass from the end has every child finished before its parent.
  for (let row = model.size - 1; row > 0; row--) {
    const parent = model.parent[row]!;
    if (parent < 0) continue;
    const own = model.flags[row]! & FLAG.error ? 1 : 0;
    model.errorsBelow[parent] = model.errorsBelow[parent]! + model.errorsBelow[row]! + own;
  }
}

export const serviceOf = (model: TraceModel, row: number): string => model.services[model.service[row]!]!;
export const nameOf = (model: TraceModel, row: number): string => model.names[model.name[row]!]!;
export const hostOf = (model: TraceModel, row: number): string => model.facts.texts.host[model.host[row]!]!;
/** What the times of a row would have to be moved by to be those of the root's host; 0 where its clock may agree. */
export const skewOf = (model: TraceModel, row: number): number =>
  model.facts.clocks.find(({ host }) => host === hostOf(model, row))?.correction ?? 0;
export const kindOf = (model: TraceModel, row: number): string => model.facts.texts.kind[model.kind[row]!]!;
export const spanId = (model: TraceModel, row: number): string => idOfRow(model.ids, row);
/** The row of an id in hex, the first where several spans have it; -1 where none has. */
export const rowOf = (model: TraceModel, id: string | null | undefined): number => rowOfId(model.ids, id);

/** What is odd about a span, in sentences. */
export function oddities(model: TraceModel, row: number): string[] {
  return Object.entries(model.facts.oddities).flatMap(([bit, text]) => (model.flags[row]! & Number(bit) ? [text] : []));
}

/** Where the events of a row begin and end in `eventTime`. */
export function eventsOf(model: TraceModel, row: number): [first: number, end: number] {
  const below = (wanted: number): number => {
    let low = 0;
    let high = model.eventRow.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (model.eventRow[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return [below(row), below(row + 1)];
}

/**
 * Where the direct children of a row run, as start, end, start, end …: merged where they overlap and clipped to the row.
 * What is left of the row is the time it spent itself.
 */
export function childCover(model: TraceModel, row: number): Float64Array {
  const from = model.start[row]!;
  const to = from + model.duration[row]!;
  const runs: [number, number][] = [];
  const last = row + model.subtree[row]!;
  let ordered = true;
  for (let child = row + 1; child <= last; child += model.subtree[child]! + 1) {
    const start = Math.max(from, model.start[child]!);
    const end = Math.min(to, model.start[child]! + model.duration[child]!);
    if (end <= start) continue;
    ordered &&= runs.length === 0 || runs.at(-1)![0] <= start;
    runs.push([start, end]);
  }
  // Siblings stand in order of their start as it was sent: only corrected clocks change that.
  if (!ordered) runs.sort((one, other) => one[0] - other[0]);
  const merged: number[] = [];
  for (const [start, end] of runs) {
    const before = merged.length - 1;
    if (before > 0 && start <= merged[before]!) merged[before] = Math.max(merged[before]!, end);
    else merged.push(start, end);
  }
  return Float64Array.from(merged);
}

/** The sections of a row that decided when the trace ended, as start, end, start, end …. */
export function pathSections(model: TraceModel, row: number): Float64Array {
  if ((model.flags[row]! & FLAG.critical) === 0) return new Float64Array();
  const edges = [model.pathStart[row]!];
  const last = row + model.subtree[row]!;
  for (let child = row + 1; child <= last; child += model.subtree[child]! + 1) {
    if (model.flags[child]! & FLAG.critical) edges.push(model.pathStart[child]!, model.pathEnd[child]!);
  }
  edges.push(model.pathEnd[row]!);
  const sections: number[] = [];
  for (let at = 0; at < edges.length; at += 2) {
    if (edges[at]! < edges[at + 1]!) sections.push(edges[at]!, edges[at + 1]!);
  }
  return Float64Array.from(sections);
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
