-- One row a span. Kept apart by the day of arrival, not of the span's own clock: a sender with a wrong clock must not be able
-- to open a thousand partitions, and retention drops whole ones. Within a part, spans of a minute lie together and those of
-- one trace side by side, which serves both a search of the newest and a trace by id (whose minutes `traces` knows).
CREATE TABLE IF NOT EXISTS spans$local$on_cluster (
    project LowCardinality(String),
    service LowCardinality(String),
    instance LowCardinality(String),
    trace_id FixedString(16) CODEC(LZ4),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) CODEC(LZ4),
    trace_state String CODEC(LZ4),
    flags UInt32 CODEC(LZ4),
    name LowCardinality(String),
    kind Int32 CODEC(LZ4),
    start_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    -- End less start; negative where the clock went back or the span has not ended (the wire's end is 0).
    duration Int64 CODEC(LZ4),
    status_code Int32 CODEC(LZ4),
    status_message String CODEC(LZ4),
    -- By its status, or where that is unset by its answer. Here and not in the view, whose attributes would be worked out again
    -- for it (ADR-0202): the views behind this table have it all the same.
    failed UInt8 DEFAULT spanwise_failed(status_code, attributes) CODEC(LZ4),
    attributes Map(LowCardinality(String), String) CODEC(LZ4),
    attribute_types Array(UInt8) CODEC(LZ4),
    dropped_attributes_count UInt32 CODEC(LZ4),
    event_times Array(UInt64) CODEC(LZ4),
    event_names Array(LowCardinality(String)) CODEC(LZ4),
    event_attributes Array(Map(LowCardinality(String), String)) CODEC(LZ4),
    event_attribute_types Array(Array(UInt8)) CODEC(LZ4),
    event_dropped_attributes_counts Array(UInt32) CODEC(LZ4),
    dropped_events_count UInt32 CODEC(LZ4),
    -- Ids of links as hex: another trace may have ids of any length.
    link_trace_ids Array(String) CODEC(LZ4),
    link_span_ids Array(String) CODEC(LZ4),
    link_trace_states Array(String) CODEC(LZ4),
    link_attributes Array(Map(LowCardinality(String), String)) CODEC(LZ4),
    link_attribute_types Array(Array(UInt8)) CODEC(LZ4),
    link_dropped_attributes_counts Array(UInt32) CODEC(LZ4),
    link_flags Array(UInt32) CODEC(LZ4),
    dropped_links_count UInt32 CODEC(LZ4),
    resource_attributes Map(LowCardinality(String), String) CODEC(LZ4),
    resource_attribute_types Array(UInt8) CODEC(LZ4),
    resource_dropped_attributes_count UInt32 CODEC(LZ4),
    resource_entity_refs Array(String) CODEC(LZ4),
    resource_schema_url LowCardinality(String),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    scope_attributes Map(LowCardinality(String), String) CODEC(LZ4),
    scope_attribute_types Array(UInt8) CODEC(LZ4),
    scope_dropped_attributes_count UInt32 CODEC(LZ4),
    scope_schema_url LowCardinality(String),
    received_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    -- A value that few spans have is found without reading the attributes of all (ADR-0084).
    INDEX attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX resource_values mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = $mergetree
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), trace_id)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_view$on_cluster TO spans AS
SELECT
    project,
    service,
    instance,
    toFixedString(span.trace_id, 16) AS trace_id,
    toFixedString(span.span_id, 8) AS span_id,
    toFixedString(span.parent_span_id, 8) AS parent_span_id,
    span.trace_state AS trace_state,
    span.flags AS flags,
    span.name AS name,
    span.kind AS kind,
    span.start_time_unix_nano AS start_time_unix_nano,
    toInt64(span.end_time_unix_nano - span.start_time_unix_nano) AS duration,
    span.status.code AS status_code,
    span.status.message AS status_message,
    spanwise_map(span.attributes) AS attributes,
    spanwise_types(span.attributes) AS attribute_types,
    span.dropped_attributes_count AS dropped_attributes_count,
    span.events.time_unix_nano AS event_times,
    span.events.name AS event_names,
    arrayMap(event -> spanwise_map(event.attributes), span.events) AS event_attributes,
    arrayMap(event -> spanwise_types(event.attributes), span.events) AS event_attribute_types,
    span.events.dropped_attributes_count AS event_dropped_attributes_counts,
    span.dropped_events_count AS dropped_events_count,
    arrayMap(link -> lower(hex(link.trace_id)), span.links) AS link_trace_ids,
    arrayMap(link -> lower(hex(link.span_id)), span.links) AS link_span_ids,
    span.links.trace_state AS link_trace_states,
    arrayMap(link -> spanwise_map(link.attributes), span.links) AS link_attributes,
    arrayMap(link -> spanwise_types(link.attributes), span.links) AS link_attribute_types,
    span.links.dropped_attributes_count AS link_dropped_attributes_counts,
    span.links.flags AS link_flags,
    span.dropped_links_count AS dropped_links_count,
    resource_attributes,
    resource_attribute_types,
    resource_dropped_attributes_count,
    resource_entity_refs,
    resource_schema_url,
    scope_name,
    scope_version,
    scope_attributes,
    scope_attribute_types,
    scope_dropped_attributes_count,
    scope_schema_url,
    received_time_unix_nano
FROM (
    -- What is said of a resource or a scope is worked out before the rows are multiplied, not once a span.
    SELECT
        * EXCEPT (scope_span),
        spanwise_service(resource_attributes) AS service,
        spanwise_instance(resource_attributes) AS instance,
        spanwise_map(scope_span.scope.attributes) AS scope_attributes,
        spanwise_types(scope_span.scope.attributes) AS scope_attribute_types,
        toLowCardinality(scope_span.scope.name) AS scope_name,
        toLowCardinality(scope_span.scope.version) AS scope_version,
        scope_span.scope.dropped_attributes_count AS scope_dropped_attributes_count,
        toLowCardinality(scope_span.schema_url) AS scope_schema_url,
        scope_span.spans AS spans
    FROM (
        SELECT
            toLowCardinality(project) AS project,
            received_time_unix_nano,
            spanwise_map(resource_span.resource.attributes) AS resource_attributes,
            spanwise_types(resource_span.resource.attributes) AS resource_attribute_types,
            resource_span.resource.dropped_attributes_count AS resource_dropped_attributes_count,
            arrayMap(entity -> base64Encode(entity), resource_span.resource.entity_refs) AS resource_entity_refs,
            toLowCardinality(resource_span.schema_url) AS resource_schema_url,
            resource_span.scope_spans AS scope_spans
        FROM otlp_traces
        ARRAY JOIN resource_spans AS resource_span
    )
    ARRAY JOIN scope_spans AS scope_span
)
ARRAY JOIN spans AS span;
