-- How often each form of log records came, by minute, service and severity. `form` is worked out anew from one record of each
-- block and form, not kept in `logs`: that costs nothing that could be measured.
CREATE TABLE IF NOT EXISTS log_patterns$local$on_cluster (
    project LowCardinality(String),
    minute UInt32 CODEC(Delta, ZSTD(1)),
    service LowCardinality(String),
    pattern UInt64,
    severity_number Int32,
    received_day UInt32,
    record_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    first_time_unix_nano SimpleAggregateFunction(min, UInt64) CODEC(ZSTD(1)),
    last_time_unix_nano SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    form SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    -- One record's text, at most 1,024 bytes of it.
    example SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
    -- A trace with such a record; zeros where none has a trace.
    trace_id SimpleAggregateFunction(max, FixedString(16)) CODEC(ZSTD(1))
)
ENGINE = $aggregating
PARTITION BY received_day
ORDER BY (project, minute, service, pattern, severity_number)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS log_patterns_view$on_cluster TO log_patterns$local AS
SELECT
    project,
    minute,
    service,
    pattern,
    severity_number,
    received_day,
    records AS record_count,
    first_time AS first_time_unix_nano,
    last_time AS last_time_unix_nano,
    toValidUTF8(spanwise_form(text, text_type, event)) AS form,
    toValidUTF8(substring(text, 1, 1024)) AS example,
    trace AS trace_id
FROM (
    SELECT
        project,
        toUInt32(intDiv(time_unix_nano, 60000000000)) AS minute,
        service,
        pattern,
        severity_number,
        toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC')) AS received_day,
        count() AS records,
        min(time_unix_nano) AS first_time,
        max(time_unix_nano) AS last_time,
        any((body, body_type, event_name)) AS one,
        tupleElement(one, 1) AS text,
        tupleElement(one, 2) AS text_type,
        tupleElement(one, 3) AS event,
        max(trace_id) AS trace
    FROM logs$local
    GROUP BY project, minute, service, pattern, severity_number, received_day
);
