/** Asks the collector for all that one span carries. */
import { fetchSpans } from '../../api/client';
import type { SpanDetail } from '../../api/types';
import { kindOf, nameOf, serviceOf, spanId, type TraceModel } from '../../model/trace-model';

/** null where the collector no longer has it. Of spans that share an id the one that is at this row. */
export async function fetchDetails(model: TraceModel, row: number, signal: AbortSignal): Promise<SpanDetail | null> {
  const spans = await fetchSpans(model.facts.trace_id, [spanId(model, row)], signal);
  const kind = kindOf(model, row);
  const alike = spans.filter(
    (span) => span.service === serviceOf(model, row) && span.name === nameOf(model, row) && span.kind === kind,
  );
  // Times since the epoch are rounded here, so the nearest is taken.
  const away = (span: SpanDetail): number =>
    Math.abs(span.start_time_unix_nano - model.facts.start_time_unix_nano - model.start[row]!);
  return [...(alike.length > 0 ? alike : spans)].sort((one, other) => away(one) - away(other))[0] ?? null;
}
