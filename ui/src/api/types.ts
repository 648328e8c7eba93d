/**
 * What the collector's API answers, as the views use it.
 *
 * Written by hand until the collector publishes docs/openapi.json; then `npm run types` generates openapi.ts
 * and the names below become aliases of its schemas. Times are integers of nanoseconds since the epoch that
 * JavaScript rounds to 256 ns: arithmetic is done on the offsets, never on the times.
 */

import type { AnyValue } from './any-value';

export type { AnyValue };
export type Attributes = Record<string, AnyValue>;

/** Whether a key is asked for, and what the one that was shown opens. */
export interface Session {
  required: boolean;
  open: boolean;
  project?: string | null;
  scopes?: string[] | null;
}

export interface List {
  returned: number;
  total: number;
  total_relation: 'eq' | 'gte';
  reason: 'end' | 'limit';
  next_cursor?: string | null;
}

export interface Operation {
  name: string;
  span_count: number;
}

export interface Service {
  name: string;
  span_count: number;
  error_count: number;
  request_count: number;
  request_error_count: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  last_seen_unix_nano: number;
  operations: Operation[];
}

export interface ServiceList extends List {
  services: Service[];
}

export interface ServiceCount {
  name: string;
  span_count: number;
  error_count: number;
}

export interface TraceSummary {
  trace_id: string;
  root_service: string | null;
  root_name: string | null;
  start_time_unix_nano: number;
  end_time_unix_nano: number;
  duration: number;
  span_count: number;
  error_count: number;
  services: ServiceCount[];
}

export interface TraceList extends List {
  traces: TraceSummary[];
}

export interface Resource {
  attributes: Attributes;
  dropped_attributes_count: number;
  schema_url: string;
  entity_refs?: AnyValue[];
}

export interface Scope {
  name: string;
  version: string;
  attributes: Attributes;
  dropped_attributes_count: number;
  schema_url: string;
}

export interface SpanEvent {
  time_unix_nano: number;
  offset: number;
  name: string;
  attributes: Attributes;
  dropped_attributes_count: number;
}

export interface SpanLink {
  trace_id: string;
  span_id: string;
  trace_state: string;
  attributes: Attributes;
  dropped_attributes_count: number;
  flags: number;
}

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer' | 'unspecified' | (string & {});
export type StatusCode = 'unset' | 'ok' | 'error';

export interface Span {
  span_id: string;
  parent_span_id: string | null;
  depth: number;
  child_count: number;
  descendant_count: number;
  parent_missing: boolean;
  name: string;
  kind: SpanKind;
  service: string;
  instance: string;
  resource: number;
  scope: number;
  start_time_unix_nano: number;
  end_time_unix_nano: number;
  start_offset: number;
  duration: number;
  self_time: number;
  /** Its sections of the critical path, as offsets since the trace's start; an older collector does not say. */
  critical?: [start: number, end: number][];
  unfinished: boolean;
  status: { code: StatusCode; message: string };
  trace_state: string;
  flags: number;
  attributes: Attributes;
  dropped_attributes_count: number;
  events: SpanEvent[];
  dropped_events_count: number;
  links: SpanLink[];
  dropped_links_count: number;
  warnings: string[];
}

export interface Trace extends List {
  trace_id: string;
  start_time_unix_nano: number;
  end_time_unix_nano: number;
  duration: number;
  root_service: string | null;
  root_name: string | null;
  span_count: number;
  error_count: number;
  missing_parents: number;
  log_count: number;
  services: ServiceCount[];
  resources: Resource[];
  scopes: Scope[];
  spans: Span[];
}

export interface LogRecord {
  time_unix_nano: number;
  /** Where the time comes from: the record itself, the one who observed it, or its arrival. */
  time_source?: 'event' | 'observed' | 'received';
  observed_time_unix_nano: number;
  severity_number: number;
  severity_text: string;
  service: string;
  instance: string;
  trace_id: string | null;
  span_id: string | null;
  inferred: boolean;
  body: AnyValue;
  event_name: string;
  attributes: Attributes;
  dropped_attributes_count: number;
  flags: number;
  resource: Resource;
  scope: Scope;
}

export interface LogList extends List {
  logs: LogRecord[];
}

export interface Status {
  version: string;
  started_unix_nano: number;
  span_count: number;
  log_count: number;
  service_count: number;
  http: string;
  grpc: string;
  data: string;
  accepted_spans: number;
  accepted_logs: number;
  refused: Record<string, number>;
  /** Acknowledged, and not to be found yet. */
  waiting_bytes?: number;
  last_store_error?: string | null;
}

export interface ErrorBody {
  error: { code: string; parameter?: string | null; message: string };
}
