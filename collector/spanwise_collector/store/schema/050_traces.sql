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
    toUInt32(intDiv(min(span.start_time_unix_nano), 60000000000)) AS minute,
    trace_id,
    toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(min(received_time_unix_nano)), 'UTC')) AS received_day,
    min(span.start_time_unix_nano) AS start_time_unix_nano,
    max(span.start_time_unix_nano + greatest(span.duration, 0)) AS end_time_unix_nano,
    max(span.start_time_unix_nano) AS last_start_time_unix_nano,
    min(if(parent_span_id = toFixedString('', 8),
        (span.start_time_unix_nano, toString(service), toString(name)), (18446744073709551615, '', ''))) AS root,
    sumMap(map(toString(service), toUInt64(1))) AS spans,
    sumMap(if(status_code = 2, map(toString(service), toUInt64(1)), map())) AS errors
FROM spans AS span
GROUP BY project, trace_id;
