-- What the list of traces shows, and when and where a trace's spans lie. Each insert adds a row a trace, and one more where
-- some spans of it are dated by a clock that is plainly wrong or not at all; the engine merges them, and a reader must still
-- aggregate: rows of one trace may lie in several minutes and partitions, because spans come late and in pieces.
CREATE TABLE IF NOT EXISTS traces$local$on_cluster (
    project LowCardinality(String),
    minute UInt32 CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    received_day UInt32,
    -- Of a row of spans without a start (late pieces of Zipkin's): when they arrived, and the end is 0.
    start_time_unix_nano SimpleAggregateFunction(min, UInt64) CODEC(ZSTD(1)),
    end_time_unix_nano SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    -- The newest start of any span: bounds the minutes in which the trace's spans lie.
    last_start_time_unix_nano SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
    -- (start, service, name) of the earliest span without a parent; (2^64 - 1, '', '') where none has come.
    root SimpleAggregateFunction(min, Tuple(UInt64, String, String)) CODEC(ZSTD(1)),
    spans SimpleAggregateFunction(sumMap, Map(String, UInt64)) CODEC(ZSTD(1)),
    errors SimpleAggregateFunction(sumMap, Map(String, UInt64)) CODEC(ZSTD(1)),
    INDEX trace_id_filter trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = $aggregating
PARTITION BY received_day
ORDER BY (project, minute, trace_id)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS traces_view$on_cluster TO traces$local AS
SELECT
    project,
    toUInt32(intDiv(min(first_start), 60000000000)) AS minute,
    trace_id,
    toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(min(first_received)), 'UTC')) AS received_day,
    min(first_start) AS start_time_unix_nano,
    max(last_end) AS end_time_unix_nano,
    max(last_start) AS last_start_time_unix_nano,
    min(service_root) AS root,
    sumMap(map(toString(service), span_count)) AS spans,
    sumMap(if(error_count > 0, map(toString(service), error_count), map())) AS errors
FROM (
    -- By service first: making maps of the few rows that are left costs a tenth of making one for every span.
    SELECT
        project,
        trace_id,
        service,
        -- A span that ended more than a week before it arrived, or a day after, must not stretch the bounds of the others:
        -- query/bounds.py tells the rows apart by the same days.
        start_time_unix_nano > 0
            AND toInt64(intDiv(received_time_unix_nano, 86400000000000))
                - toInt64(intDiv(start_time_unix_nano + toUInt64(greatest(duration, 0)), 86400000000000))
                BETWEEN -1 AND 7 AS dated,
        min(received_time_unix_nano) AS first_received,
        min(if(start_time_unix_nano = 0, received_time_unix_nano, start_time_unix_nano)) AS first_start,
        max(if(start_time_unix_nano = 0, 0, start_time_unix_nano + toUInt64(greatest(duration, 0)))) AS last_end,
        max(start_time_unix_nano) AS last_start,
        if(
            countIf(parent_span_id = toFixedString('', 8)) = 0,
            (18446744073709551615, '', ''),
            minIf((start_time_unix_nano, toString(service), toString(name)), parent_span_id = toFixedString('', 8))
        ) AS service_root,
        count() AS span_count,
        countIf(failed = 1) AS error_count
    FROM spans$local
    GROUP BY project, trace_id, service, dated
)
GROUP BY project, trace_id, dated;
