-- Rates, errors and durations by minute, service, instance and operation. Sums of parts are right sums, in any order.
-- A histogram is rows, not a map: making a map for every span cost more than all the rest of this view.
CREATE TABLE IF NOT EXISTS span_stats$local$on_cluster (
    project LowCardinality(String),
    minute UInt32 CODEC(Delta, ZSTD(1)),
    service LowCardinality(String),
    instance LowCardinality(String),
    name LowCardinality(String),
    kind Int32,
    -- The span is how work enters the service: a server's or consumer's, or one without a parent.
    entry UInt8,
    status_code Int32,
    -- spanwise_bucket of the duration: rows of one series are its histogram. 65535: not ended, or the clock went back.
    duration_bucket UInt16,
    received_day UInt32,
    span_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
    failed_count SimpleAggregateFunction(sum, UInt64) DEFAULT if(status_code = 2, span_count, 0) CODEC(ZSTD(1)),
    last_start_time_unix_nano SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    duration_sum SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = $aggregating
PARTITION BY received_day
ORDER BY (project, minute, service, instance, name, kind, entry, status_code, duration_bucket)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS span_stats_view$on_cluster TO span_stats$local AS
SELECT
    project,
    toUInt32(intDiv(span.start_time_unix_nano, 60000000000)) AS minute,
    service,
    instance,
    name,
    kind,
    (kind IN (2, 5) OR parent_span_id = toFixedString('', 8)) AS entry,
    status_code,
    if(span.duration < 0, 65535, spanwise_bucket(span.duration)) AS duration_bucket,
    toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC')) AS received_day,
    count() AS span_count,
    sum(failed) AS failed_count,
    max(span.start_time_unix_nano) AS last_start_time_unix_nano,
    sum(toUInt64(greatest(span.duration, 0))) AS duration_sum
FROM spans$local AS span
GROUP BY project, minute, service, instance, name, kind, entry, status_code, duration_bucket, received_day;
