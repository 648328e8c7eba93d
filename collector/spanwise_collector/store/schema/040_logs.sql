-- One row a log record, kept apart by the day of arrival like spans.
CREATE TABLE IF NOT EXISTS logs$local$on_cluster (
    project LowCardinality(String),
    service LowCardinality(String),
    instance LowCardinality(String),
    -- When it happened, else when it was observed, else when it arrived: `time_source` 1, 2 or 3 says which.
    time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    time_source UInt8 CODEC(ZSTD(1)),
    observed_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    severity_number Int32 CODEC(ZSTD(1)),
    severity_text LowCardinality(String),
    body String CODEC(ZSTD(1)),
    body_type UInt8 CODEC(ZSTD(1)),
    event_name LowCardinality(String),
    -- Names its row in `log_patterns`; 0 in records of before there were patterns.
    pattern UInt64 CODEC(ZSTD(1)),
    -- Zeros where the record has no id, or none of the right length.
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types Array(UInt8) CODEC(ZSTD(1)),
    dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    resource_attribute_types Array(UInt8) CODEC(ZSTD(1)),
    resource_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    resource_entity_refs Array(String) CODEC(ZSTD(1)),
    resource_schema_url LowCardinality(String),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    scope_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    scope_attribute_types Array(UInt8) CODEC(ZSTD(1)),
    scope_dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    scope_schema_url LowCardinality(String),
    received_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    -- Finds the logs of a trace without knowing its time.
    INDEX trace_id_filter trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    -- As those of `spans` (ADR-0084, ADR-0166).
    INDEX attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX resource_values mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = $mergetree
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(time_unix_nano, 60000000000), service, time_unix_nano)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_view$on_cluster TO logs AS
SELECT
    * EXCEPT (own_trace_id, own_span_id),
    -- Ids of the record's own, else those that stand in its attributes or text.
    toFixedString(if(length(own_trace_id) = 16, own_trace_id, unhex(leftPad(spanwise_trace_found(attributes, body), 32, '0'))), 16) AS trace_id,
    toFixedString(multiIf(
        length(own_span_id) = 8, own_span_id,
        length(own_trace_id) = 16, '',
        unhex(leftPad(spanwise_span_found(attributes, body), 16, '0'))), 8) AS span_id
FROM (
SELECT
    project,
    service,
    instance,
    multiIf(record.time_unix_nano > 0, record.time_unix_nano,
        record.observed_time_unix_nano > 0, record.observed_time_unix_nano,
        -- Those of one request in its order.
        received_time_unix_nano + position - 1) AS time_unix_nano,
    multiIf(record.time_unix_nano > 0, 1, record.observed_time_unix_nano > 0, 2, 3) AS time_source,
    record.observed_time_unix_nano AS observed_time_unix_nano,
    toLowCardinality(record.severity_text) AS severity_text,
    -- Where there is only a word, its number; a word is looked up once for all records that have it.
    if(record.severity_number != 0, record.severity_number,
        toInt32(transform(lower(trimBoth(severity_text)), $severity_words, $severity_numbers, 0))) AS severity_number,
    spanwise_text(record.body) AS body,
    toUInt8(record.body.value) AS body_type,
    record.event_name AS event_name,
    cityHash64(service, spanwise_form(body, body_type, event_name)) AS pattern,
    record.trace_id AS own_trace_id,
    record.span_id AS own_span_id,
    record.flags AS flags,
    spanwise_map(record.attributes) AS attributes,
    spanwise_types(record.attributes) AS attribute_types,
    record.dropped_attributes_count AS dropped_attributes_count,
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
    SELECT
        * EXCEPT (scope_log),
        spanwise_service(resource_attributes) AS service,
        spanwise_instance(resource_attributes) AS instance,
        spanwise_map(scope_log.scope.attributes) AS scope_attributes,
        spanwise_types(scope_log.scope.attributes) AS scope_attribute_types,
        toLowCardinality(scope_log.scope.name) AS scope_name,
        toLowCardinality(scope_log.scope.version) AS scope_version,
        scope_log.scope.dropped_attributes_count AS scope_dropped_attributes_count,
        toLowCardinality(scope_log.schema_url) AS scope_schema_url,
        scope_log.log_records AS log_records
    FROM (
        SELECT
            toLowCardinality(project) AS project,
            received_time_unix_nano,
            spanwise_map(resource_log.resource.attributes) AS resource_attributes,
            spanwise_types(resource_log.resource.attributes) AS resource_attribute_types,
            resource_log.resource.dropped_attributes_count AS resource_dropped_attributes_count,
            arrayMap(entity -> base64Encode(entity), resource_log.resource.entity_refs) AS resource_entity_refs,
            toLowCardinality(resource_log.schema_url) AS resource_schema_url,
            resource_log.scope_logs AS scope_logs
        FROM otlp_logs
        ARRAY JOIN resource_logs AS resource_log
    )
    ARRAY JOIN scope_logs AS scope_log
)
ARRAY JOIN log_records AS record, arrayEnumerate(log_records) AS position
);
