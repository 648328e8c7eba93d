/** Makes traces for tests: ids count, times are whole milliseconds. */
import type { LogRecord, Span, Trace } from '../api/types';

export interface Sketch {
  name?: string;
  service?: string;
  start?: number;
  duration?: number;
  error?: boolean;
  missing?: boolean;
  children?: Sketch[];
}

export const MS = 1e6;
export const EPOCH = 1_700_000_000_000_000_000;

/** Spans in display order from a drawing of the tree; times in milliseconds. */
export function makeTrace(...roots: Sketch[]): Trace {
  const spans: Span[] = [];
  const add = (sketch: Sketch, parent: Span | null): void => {
    const span = makeSpan(sketch, parent, spans.length + 1);
    spans.push(span);
    for (const child of sketch.children ?? []) add(child, span);
    span.descendant_count = spans.length - spans.indexOf(span) - 1;
  };
  for (const root of roots) add(root, null);
  const duration = Math.max(0, ...spans.map((span) => span.start_offset + span.duration));
  return {
    trace_id: '1'.padStart(32, '0'),
    start_time_unix_nano: EPOCH,
    end_time_unix_nano: EPOCH + duration,
    duration,
    root_service: spans[0]?.service ?? null,
    root_name: spans[0]?.name ?? null,
    span_count: spans.length,
    error_count: spans.filter((span) => span.status.code === 'error').length,
    missing_parents: spans.filter((span) => span.parent_missing).length,
    log_count: 0,
    services: [],
    resources: [],
    scopes: [],
    clocks: [],
    spans,
    returned: spans.length,
    total: spans.length,
    total_relation: 'eq',
    reason: 'end',
    next_cursor: null,
    rows_scanned: 0,
    time: 0,
  };
}

function makeSpan(sketch: Sketch, parent: Span | null, number: number): Span {
  const start = (sketch.start ?? 0) * MS;
  const duration = (sketch.duration ?? 10) * MS;
  return {
    span_id: number.toString(16).padStart(16, '0'),
    parent_span_id: parent?.span_id ?? (sketch.missing ? 'f'.repeat(16) : null),
    depth: parent ? parent.depth + 1 : 0,
    child_count: sketch.children?.length ?? 0,
    descendant_count: 0,
    parent_missing: sketch.missing ?? false,
    name: sketch.name ?? `span ${number}`,
    kind: 'internal',
    kind_number: 1,
    service: sketch.service ?? 'api',
    instance: 'api-1',
    resource: 0,
    scope: 0,
    start_time_unix_nano: EPOCH + start,
    end_time_unix_nano: EPOCH + start + duration,
    start_offset: start,
    skew_correction: 0,
    corrected_start_time_unix_nano: EPOCH + start,
    duration,
    self_time: duration,
    critical: [],
    unfinished: false,
    status: { code: sketch.error ? 'error' : 'unset', code_number: sketch.error ? 2 : 0, message: '' },
    trace_state: '',
    flags: 1,
    attributes: {},
    dropped_attributes_count: 0,
    events: [],
    dropped_events_count: 0,
    links: [],
    dropped_links_count: 0,
    warnings: [],
  };
}

export function makeLog(spanId: string | null, offset: number, body = 'line'): LogRecord {
  const scope = { name: '', version: '', attributes: {}, dropped_attributes_count: 0, schema_url: '' };
  return {
    time_unix_nano: EPOCH + offset * MS,
    observed_time_unix_nano: EPOCH + offset * MS,
    severity_number: 9,
    inferred: false,
    severity_text: 'INFO',
    service: 'api',
    instance: 'api-1',
    trace_id: '1'.padStart(32, '0'),
    span_id: spanId,
    body,
    event_name: '',
    attributes: {},
    dropped_attributes_count: 0,
    flags: 1,
    time_source: 'event',
    pattern: null,
    resource: { attributes: {}, dropped_attributes_count: 0, schema_url: '', entity_refs: [] },
    scope,
  };
}
