-- Which keys there are and which values they have, so that completion reads no spans. Counts are estimates: of each block that
-- is inserted the first 200 rows are looked at, and one in 128 of the others, which then counts 128 times.
CREATE TABLE IF NOT EXISTS attributes$local$on_cluster (
    project LowCardinality(String),
    signal LowCardinality(String),
    -- field, attribute, resource, scope or event, as in the search language.
    scope LowCardinality(String),
    key LowCardinality(String),
    -- The wire type (010_functions.sql).
    type UInt8,
    -- 0: this row counts all values that are not kept, because they are long, look like ids or are too many.
    kept UInt8,
    value String CODEC(ZSTD(1)),
    -- Of the span or record, since the epoch.
    day UInt32 CODEC(ZSTD(1)),
    received_day UInt32,
    row_count SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = $aggregating
PARTITION BY received_day
ORDER BY (project, signal, scope, key, type, kept, value, day)
SETTINGS $durable;

CREATE MATERIALIZED VIEW IF NOT EXISTS attributes_view$on_cluster TO attributes$local AS
SELECT
    project,
    'spans' AS signal,
    scope,
    key,
    type,
    tupleElement(entry, 1) AS kept,
    tupleElement(entry, 2) AS value,
    day,
    received_day,
    tupleElement(entry, 3) AS row_count
FROM (
    SELECT project, day, received_day, scope, key, type, arrayJoin(spanwise_kept(groupArray((value, looked_at, weight)))) AS entry
    FROM (
        SELECT
            project,
            day,
            received_day,
            tupleElement(pair, 1) AS scope,
            tupleElement(pair, 2) AS key,
            tupleElement(pair, 3) AS type,
            tupleElement(pair, 4) AS value,
            count() AS looked_at,
            sum(stands_for) AS weight
        FROM (
            SELECT
                project,
                toUInt32(intDiv(start_time_unix_nano, 86400000000000)) AS day,
                toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC')) AS received_day,
                if(row_number < 200, 1, 128) AS stands_for,
                arrayJoin(arrayConcat(
                    [('field', 'service', 1, toString(service)),
                        ('field', 'instance', 1, toString(instance)),
                        ('field', 'name', 1, toString(name))],
                    spanwise_pairs('attribute', attributes, attribute_types),
                    spanwise_pairs('resource', resource_attributes, resource_attribute_types),
                    spanwise_pairs('scope', scope_attributes, scope_attribute_types),
                    arrayMap(event_name -> ('event', 'name', 1, toString(event_name)), event_names),
                    arrayFlatten(arrayMap(
                        (texts, types) -> spanwise_pairs('event', texts, types), event_attributes, event_attribute_types))
                )) AS pair
            FROM (SELECT *, rowNumberInBlock() AS row_number FROM spans$local)
            WHERE row_number < 200 OR row_number % 128 = 0
        )
        GROUP BY project, day, received_day, scope, key, type, value
    )
    GROUP BY project, day, received_day, scope, key, type
);

CREATE MATERIALIZED VIEW IF NOT EXISTS log_attributes_view$on_cluster TO attributes$local AS
SELECT
    project,
    'logs' AS signal,
    scope,
    key,
    type,
    tupleElement(entry, 1) AS kept,
    tupleElement(entry, 2) AS value,
    day,
    received_day,
    tupleElement(entry, 3) AS row_count
FROM (
    SELECT project, day, received_day, scope, key, type, arrayJoin(spanwise_kept(groupArray((value, looked_at, weight)))) AS entry
    FROM (
        SELECT
            project,
            day,
            received_day,
            tupleElement(pair, 1) AS scope,
            tupleElement(pair, 2) AS key,
            tupleElement(pair, 3) AS type,
            tupleElement(pair, 4) AS value,
            count() AS looked_at,
            sum(stands_for) AS weight
        FROM (
            SELECT
                project,
                toUInt32(intDiv(time_unix_nano, 86400000000000)) AS day,
                toYYYYMMDD(fromUnixTimestamp64Nano(toInt64(received_time_unix_nano), 'UTC')) AS received_day,
                if(row_number < 200, 1, 128) AS stands_for,
                arrayJoin(arrayConcat(
                    [('field', 'service', 1, toString(service)),
                        ('field', 'instance', 1, toString(instance)),
                        ('field', 'severity_text', 1, toString(severity_text)),
                        ('field', 'event_name', 1, toString(event_name))],
                    spanwise_pairs('attribute', attributes, attribute_types),
                    spanwise_pairs('resource', resource_attributes, resource_attribute_types),
                    spanwise_pairs('scope', scope_attributes, scope_attribute_types)
                )) AS pair
            FROM (SELECT *, rowNumberInBlock() AS row_number FROM logs$local)
            WHERE row_number < 200 OR row_number % 128 = 0
        )
        GROUP BY project, day, received_day, scope, key, type, value
    )
    GROUP BY project, day, received_day, scope, key, type
);
