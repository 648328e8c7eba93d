/** The trace page's address ↔ its state. */
import type { LogRecord } from '../api/types';
import { rowOf, spanId, type TraceFacts, type TraceModel } from './trace-model';
import { foldToLevel, levelsOf } from './tree-fold';

/** More ids than this would make a link that no chat carries. */
const MOST_FOLDED = 40;

/** `fold=level:2` where a level says it, else the ids; null when nothing is folded or too much to say. */
export function formatFold(model: TraceModel, folded: Uint8Array): string | null {
  const levels = levelsOf(model);
  const ids: string[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < model.size; row++) {
    if (!folded[row]) continue;
    least = Math.min(least, levels[row]!);
    if (ids.length <= MOST_FOLDED) ids.push(spanId(model, row));
  }
  if (ids.length === 0) return null;
  if (same(folded, foldToLevel(model, least))) return `level:${least}`;
  return ids.length > MOST_FOLDED ? null : ids.join(',');
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((value, index) => value === other[index]);
}

export function parseFold(model: TraceModel, text: string | null): Uint8Array {
  const level = /^level:(\d+)$/.exec(text ?? '');
  if (level) return foldToLevel(model, Number(level[1]));
  const folded = new Uint8Array(model.size);
  for (const id of (text ?? '').split(',')) {
    const row = rowOf(model, id);
    if (row >= 0 && model.subtree[row]! > 0) folded[row] = 1;
  }
  return folded;
}

/** Log records have no id: their time and their place among those of the same time name them. */
export function logName(logs: readonly LogRecord[], index: number): string {
  const time = logs[index]!.time_unix_nano;
  let place = 0;
  for (let at = index - 1; at >= 0 && logs[at]!.time_unix_nano === time; at--) place++;
  return place === 0 ? String(time) : `${time}.${place}`;
}

export function findLog(logs: readonly LogRecord[], name: string | null): number {
  if (!name) return -1;
  const [time, place] = name.split('.');
  const first = logs.findIndex((log) => String(log.time_unix_nano) === time);
  const index = first + Number(place ?? 0);
  return first >= 0 && String(logs[index]?.time_unix_nano) === time ? index : -1;
}

/** Indices of log records by the row of their span. */
export function logsByRow(model: TraceModel, logs: readonly LogRecord[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [index, log] of logs.entries()) {
    const row = rowOf(model, log.span_id);
    if (row < 0) continue;
    const indices = found.get(row);
    if (indices) indices.push(index);
    else found.set(row, [index]);
  }
  return found;
}

const HALF_HOUR = 1_800_000;

/** The hour around a trace, as the range of a page that says how things were then. */
export function aroundTrace({ start_time_unix_nano, end_time_unix_nano }: TraceFacts): { from: string; to: string } {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    from: iso(start_time_unix_nano / 1e6 - HALF_HOUR),
    to: iso(Math.max(end_time_unix_nano, start_time_unix_nano) / 1e6 + HALF_HOUR),
  };
}
