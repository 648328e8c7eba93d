/** Which rows a search of the collector has found. */
import { Columns } from './columns';
import { firstRow } from './span-ids';
import type { Coverage, TraceModel } from './trace-model';

/** 1 for each row whose span is in the answer of `matches`; where several spans share an id, the one that began then. */
export function markMatches(model: TraceModel, buffer: ArrayBuffer): { marks: Uint8Array; header: Coverage } {
  const columns = new Columns<Coverage>(buffer);
  const halves = columns.halves('span_id');
  const start = columns.since('start', BigInt(model.facts.origin_unix_nano) + BigInt(model.facts.start_offset));
  const marks = new Uint8Array(model.size);
  for (let at = 0; at < start.length; at++) {
    const first = firstRow(model.ids, halves[2 * at]!, halves[2 * at + 1]!);
    if (first < 0) continue;
    const others = model.ids.others.get(first);
    if (!others) marks[first] = 1;
    else {
      const drawn = Math.min(Math.max(0, start[at]!), model.facts.duration);
      for (const row of [first, ...others]) if (model.start[row] === drawn) marks[row] = 1;
    }
  }
  return { marks, header: columns.header };
}
