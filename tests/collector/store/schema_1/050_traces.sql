-- What the list of traces shows, and when and where a trace's spans lie. Each insert adds a row a trace; the engine merges
-- them, and a reader must still aggregate: rows of one trace may lie in several minutes and partitions, because spans come
-- late and in pieces.
CREATE TABLE IF NOT EXISTS traces (
    project LowCardinality(String),
    minute UInt32 CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    received_day UInt32,
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
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (project, minute, trace_id)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS traces_view TO traces AS
SELECT
    project,
    toUInt32(intDiv(min(first_start), 60000000000)) AS minute,
    trace_id,
    toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(min(first_received)), 'UTC')) AS received_day,
    min(first_start) AS start_time_unix_nano,
    greatest(max(last_end), start_time_unix_nano) AS end_time_unix_nano,
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
        min(received_time_unix_nano) AS first_received,
        -- A span without a start (a late piece of Zipkin's) counts as of its arrival, lest the trace begin in 1970.
        min(if(start_time_unix_nano = 0, received_time_unix_nano, start_time_unix_nano)) AS first_start,
        max(if(start_time_unix_nano = 0, 0, start_time_unix_nano + greatest(duration, 0))) AS last_end,
        max(start_time_unix_nano) AS last_start,
        if(
            countIf(parent_span_id = toFixedString('', 8)) = 0,
            (18446744073709551615, '', ''),
            minIf((start_time_unix_nano, toString(service), toString(name)), parent_span_id = toFixedString('', 8))
        ) AS service_root,
        count() AS span_count,
        countIf(status_code = 2) AS error_count
    FROM spans
    GROUP BY project, trace_id, service
)
GROUP BY project, trace_id;
