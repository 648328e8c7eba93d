/** Spans that link to spans of a trace: what came of it elsewhere, which the trace itself does not hold. */
import type { FoundSpan, SpanList } from '../api/types';
import { formatTerm } from './query-text';
import { rowOf, type TraceFacts, type TraceModel } from './trace-model';

/** More are not asked for: of a trace that thousands link to, a search lists them all. */
export const MOST_INCOMING = 200;
const MINUTE = 60e9;
/** A message waits for hours where nobody takes it. */
const DAY = 86_400e9;

/** What a search has to fulfil for spans that link to a trace. */
export const incomingTerm = (traceId: string): string => formatTerm('link.trace_id', ':', traceId);

/** Spans that began from a minute before the trace (clocks disagree) to a day after it. */
export function incomingParams({ trace_id, start_time_unix_nano, end_time_unix_nano }: TraceFacts) {
  return {
    q: incomingTerm(trace_id),
    start: start_time_unix_nano - MINUTE,
    end: Math.max(end_time_unix_nano, start_time_unix_nano) + DAY,
    limit: MOST_INCOMING,
  };
}

export interface Incoming {
  /** Spans that link to each row, the earliest first; once each, however many links they have to it. */
  readonly spans: ReadonlyMap<number, readonly FoundSpan[]>;
  /** Whether there may be more than were told. */
  readonly cut: boolean;
}

/** A link that names the trace and none of its spans leads to the first. */
export function readIncoming(model: TraceModel, list: Pick<SpanList, 'spans' | 'reason'>): Incoming {
  const spans = new Map<number, FoundSpan[]>();
  const earliest = [...list.spans].sort((one, other) => one.start_time_unix_nano - other.start_time_unix_nano);
  for (const span of earliest) {
    const rows = span.links
      .filter((link) => link.trace_id === model.facts.trace_id)
      .map((link) => Math.max(0, rowOf(model, link.span_id)));
    for (const row of new Set(rows)) {
      const found = spans.get(row);
      if (found) found.push(span);
      else spans.set(row, [span]);
    }
  }
  return { spans, cut: list.reason !== 'end' };
}
