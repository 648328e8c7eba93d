/** What leads from span to span beside the tree: links, and messages that are taken later than they were sent. */
import type { FoundSpan, SpanLink } from '../api/types';
import { FLAG, rowOf, spanId, type TraceModel } from './trace-model';

/** From the cause to what came of it: rows. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly kind: 'link' | 'message';
}

/** The links of a trace, as far as they were asked for. */
export interface TraceLinks {
  /** The arrows of each row, both ways. */
  readonly within: ReadonlyMap<number, readonly Arrow[]>;
  /** Links of a row to spans of other traces. */
  readonly elsewhere: ReadonlyMap<number, readonly SpanLink[]>;
}

/** More spans than this are not asked for their links: it is what one request takes. */
export const MOST_LINKED = 200;
/** More arrows from one span would say nothing. */
const MOST_ARROWS = 100;

/** Ids of the spans that have links, the first in the tree's order. */
export function linkedIds(model: TraceModel): string[] {
  const ids = new Set<string>();
  for (let row = 0; row < model.size && ids.size < MOST_LINKED; row++)
    if (model.flags[row]! & FLAG.hasLinks) ids.add(spanId(model, row));
  return [...ids];
}

/** A link names what came before: the arrow goes from there. */
export function readLinks(model: TraceModel, spans: readonly FoundSpan[]): TraceLinks {
  const within = new Map<number, Arrow[]>();
  const elsewhere = new Map<number, SpanLink[]>();
  for (const span of spans) {
    const to = rowOf(model, span.span_id);
    if (to < 0) continue;
    for (const link of span.links) {
      const from = link.trace_id === model.facts.trace_id ? rowOf(model, link.span_id) : -1;
      if (from < 0) append(elsewhere, to, link);
      else if (from !== to) {
        const arrow: Arrow = { from, to, kind: 'link' };
        append(within, from, arrow);
        append(within, to, arrow);
      }
    }
  }
  return { within, elsewhere };
}

function append<T>(map: Map<number, T[]>, key: number, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The arrows that begin or end at a row: its links, and its messages to children and from its parent. */
export function arrowsOf(model: TraceModel, row: number, links: TraceLinks | null): Arrow[] {
  const arrows = [...(links?.within.get(row) ?? [])];
  const parent = model.parent[row]!;
  if (parent >= 0 && isMessage(model, parent, row)) arrows.push({ from: parent, to: row, kind: 'message' });
  const last = row + model.subtree[row]!;
  for (let child = row + 1; child <= last && arrows.length < MOST_ARROWS; child += model.subtree[child]! + 1)
    if (isMessage(model, row, child)) arrows.push({ from: row, to: child, kind: 'message' });
  return arrows.slice(0, MOST_ARROWS);
}

/** A consumer of what its parent produced, and any child that began after its parent had ended. */
function isMessage(model: TraceModel, parent: number, child: number): boolean {
  const kinds = model.facts.texts.kind;
  if (kinds[model.kind[parent]!] === 'producer' && kinds[model.kind[child]!] === 'consumer') return true;
  const open = (model.flags[parent]! & FLAG.unfinished) !== 0;
  return !open && model.duration[parent]! > 0 && model.start[child]! >= model.start[parent]! + model.duration[parent]!;
}
