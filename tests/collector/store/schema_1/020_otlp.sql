-- Tables that keep nothing: they have the shape of the wire (otlp.proto), take segments as they are, and feed the views below.
-- $value is AnyValue and $attributes is repeated KeyValue, spelled out in schema.py.

CREATE TABLE IF NOT EXISTS otlp_traces (
    resource_spans Array(Tuple(
        resource Tuple(attributes $attributes, dropped_attributes_count UInt32, entity_refs Array(String)),
        scope_spans Array(Tuple(
            scope Tuple(name String, version String, attributes $attributes, dropped_attributes_count UInt32),
            spans Array(Tuple(
                trace_id String, span_id String, trace_state String, parent_span_id String, name String, kind Int32,
                start_time_unix_nano UInt64, end_time_unix_nano UInt64, attributes $attributes, dropped_attributes_count UInt32,
                events Array(Tuple(time_unix_nano UInt64, name String, attributes $attributes, dropped_attributes_count UInt32)),
                dropped_events_count UInt32,
                links Array(Tuple(trace_id String, span_id String, trace_state String, attributes $attributes,
                    dropped_attributes_count UInt32, flags UInt32)),
                dropped_links_count UInt32, status Tuple(message String, code Int32), flags UInt32)),
            schema_url String)),
        schema_url String)),
    project String,
    received_time_unix_nano UInt64
) ENGINE = Null;

CREATE TABLE IF NOT EXISTS otlp_logs (
    resource_logs Array(Tuple(
        resource Tuple(attributes $attributes, dropped_attributes_count UInt32, entity_refs Array(String)),
        scope_logs Array(Tuple(
            scope Tuple(name String, version String, attributes $attributes, dropped_attributes_count UInt32),
            log_records Array(Tuple(
                time_unix_nano UInt64, severity_number Int32, severity_text String, body $value, attributes $attributes,
                dropped_attributes_count UInt32, flags UInt32, trace_id String, span_id String,
                observed_time_unix_nano UInt64, event_name String)),
            schema_url String)),
        schema_url String)),
    project String,
    received_time_unix_nano UInt64
) ENGINE = Null;
