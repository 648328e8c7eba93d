-- Spans that failed without a status are counted as such; sums, traces and the sample of before go by their status.
ALTER TABLE spans$local$on_cluster
    ADD COLUMN IF NOT EXISTS failed UInt8 DEFAULT toUInt8(status_code = 2 OR (status_code = 0 AND (
    toUInt32OrZero(attributes['http.response.status_code']) BETWEEN 500 AND 999
    OR toUInt32OrZero(attributes['http.status_code']) BETWEEN 500 AND 999
    OR toUInt32OrZero(attributes['rpc.grpc.status_code']) IN (2, 4, 8, 13, 14, 15)
    OR lower(attributes['error']) = 'true'))) CODEC(LZ4) AFTER status_message;
-- Where the sample is as new as this step, there is nothing to alter yet.
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
    attributes Map(LowCardinality(String), String) CODEC(LZ4),
    link_trace_ids Array(String) CODEC(LZ4),
    link_span_ids Array(String) CODEC(LZ4),
    received_time_unix_nano UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = $mergetree
PARTITION BY toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC'))
ORDER BY (project, intDiv(start_time_unix_nano, 60000000000), trace_id)
SETTINGS $durable;
ALTER TABLE span_sample$local$on_cluster
    ADD COLUMN IF NOT EXISTS failed UInt8 DEFAULT status_code = 2 CODEC(LZ4) AFTER status_code;
ALTER TABLE span_stats$local$on_cluster
    ADD COLUMN IF NOT EXISTS failed_count SimpleAggregateFunction(sum, UInt64)
    DEFAULT if(status_code = 2, span_count, 0) CODEC(ZSTD(1)) AFTER span_count;
-- schema 2c89b7a1a08f
