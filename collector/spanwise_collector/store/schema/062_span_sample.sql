-- Of one trace in 16 what a map needs of its spans: a map of many reads this instead of all of them (ADR-0165). A trace is here
-- whole, whenever its spans come. Consumers that name what they took by links are here of every trace.
CREATE TABLE IF NOT EXISTS span_sample$local$on_cluster (
    project LowCardinality(String),
    service LowCardinality(String),
    trace_id FixedString(16) CODEC(LZ4),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) CODEC(LZ4),
    kind Int32 CODEC(LZ4),
    start_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    duration Int64 CODEC(LZ4),
    status_code Int32 CODEC(LZ4),
    failed UInt8 DEFAULT status_code = 2 CODEC(LZ4),
    -- Those that say what was called.
    attributes Map(LowCardinality(String), String) CODEC(LZ4),
    link_trace_ids Array(String) CODEC(LZ4),
    link_span_ids Array(String) CODEC(LZ4),
    received_time_unix_nano UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = $mergetree
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), trace_id)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS span_sample_view$on_cluster TO span_sample$local AS
SELECT
    project,
    service,
    trace_id,
    span_id,
    parent_span_id,
    kind,
    start_time_unix_nano,
    duration,
    status_code,
    failed,
    if(kind IN (3, 4), spanwise_peer_attributes(attributes), map()) AS attributes,
    if(kind = 5, link_trace_ids, []) AS link_trace_ids,
    if(kind = 5, link_span_ids, []) AS link_span_ids,
    received_time_unix_nano
FROM spans$local
WHERE cityHash64(trace_id) % 16 = 0 OR (kind = 5 AND notEmpty(link_trace_ids));
