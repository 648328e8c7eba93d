/** Parents that spans name and that have not arrived: each is a ghost above the spans that name it. */
import type { SpanDetail } from '../api/types';
import { idOfHalves } from './span-ids';
import { FLAG, rowOf, spanId, type TraceModel } from './trace-model';
import { ghostOf } from './waterfall-entries';

/** Lost parents in the order of the tree; spans that name the same one and stand behind each other share their ghost. */
export interface Ghosts {
  readonly size: number;
  /** The first span of each, in order. */
  readonly rows: Uint32Array;
  /** How many spans name it there. */
  readonly counts: Uint32Array;
  /** Its id as the two halves of its eight bytes. */
  readonly halves: Uint32Array;
  /** From when to when its spans ran: it was at work for as long, at least. */
  readonly start: Float64Array;
  readonly end: Float64Array;
}

export type Reason = NonNullable<SpanDetail['parent_missing_reason']>;

/** What the reasons mean to a reader: docs/api.md has what they are taken from. */
export const LIKELY: Readonly<Record<Reason, string>> = {
  'on its way': 'Most likely it is on its way: parts of this trace still arrive.',
  'not sampled': 'Most likely its caller was not sampled.',
  'id cut': 'Most likely its caller kept a longer id of this trace, of which 64 bits came along.',
  'not instrumented': 'Most likely its caller sends no spans here.',
  'never received': 'Most likely its own process ended before it was sent, or dropped it.',
};

/** What one request takes; more ghosts than that are drawn without a reason. */
const MOST_ASKED = 200;

type Orphans = Pick<TraceModel, 'lostRow' | 'lostParent' | 'subtree' | 'start' | 'duration'>;

/** The ghosts of a trace. */
export function findGhosts({ lostRow, lostParent, subtree, start, duration }: Orphans): Ghosts {
  const most = lostRow.length;
  const [rows, counts, halves] = [new Uint32Array(most), new Uint32Array(most), lostParent.slice()];
  const [from, to] = [new Float64Array(most).fill(Number.POSITIVE_INFINITY), new Float64Array(most)];
  let last = -1;
  let behind = -1;
  for (let at = 0; at < most; at++) {
    const row = lostRow[at]!;
    const [low, high] = [lostParent[2 * at]!, lostParent[2 * at + 1]!];
    if (row !== behind || halves[2 * last] !== low || halves[2 * last + 1] !== high) {
      last++;
      rows[last] = row;
      halves[2 * last] = low;
      halves[2 * last + 1] = high;
    }
    counts[last]!++;
    from[last] = Math.min(from[last]!, start[row]!);
    to[last] = Math.max(to[last]!, start[row]! + duration[row]!);
    behind = row + subtree[row]! + 1;
  }
  const size = last + 1;
  return {
    size,
    rows: rows.slice(0, size),
    counts: counts.slice(0, size),
    halves: halves.slice(0, 2 * size),
    start: from.slice(0, size),
    end: to.slice(0, size),
  };
}

export const ghostId = ({ halves }: Ghosts, place: number): string => idOfHalves(halves, place);

/** The ghost that a row is below; -1 where its parent is there. */
export function ghostAbove({ flags }: Pick<TraceModel, 'flags'>, ghosts: Ghosts, row: number): number {
  if ((flags[row]! & FLAG.parentMissing) === 0) return -1;
  let low = 0;
  let high = ghosts.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ghosts.rows[middle]! <= row) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Shown rows with the ghosts above those that name them. */
export function withGhosts({ flags }: Pick<TraceModel, 'flags'>, ghosts: Ghosts, rows: Int32Array): Int32Array {
  if (ghosts.size === 0) return rows;
  const entries = new Int32Array(rows.length + ghosts.size);
  let length = 0;
  let next = 0;
  let shown = -1;
  for (const row of rows) {
    if (flags[row]! & FLAG.parentMissing) {
      while (next < ghosts.size && ghosts.rows[next]! <= row) next++;
      if (shown !== next - 1) entries[length++] = ghostOf(next - 1);
      shown = next - 1;
    }
    entries[length++] = row;
  }
  return entries.subarray(0, length);
}

/** Ids of the first span of each ghost: what they carry says why it is lost. */
export const orphanIds = (model: TraceModel): string[] => [
  ...new Set(Array.from(findGhosts(model).rows.subarray(0, MOST_ASKED), (row) => spanId(model, row))),
];

/** Why each ghost is lost, as far as the collector says. */
export function readReasons(model: TraceModel, spans: readonly SpanDetail[]): ReadonlyMap<number, Reason> {
  const ghosts = findGhosts(model);
  const reasons = new Map<number, Reason>();
  for (const span of spans) {
    const ghost = ghostAbove(model, ghosts, Math.max(0, rowOf(model, span.span_id)));
    if (ghost >= 0 && span.parent_missing_reason) reasons.set(ghost, span.parent_missing_reason);
  }
  return reasons;
}
