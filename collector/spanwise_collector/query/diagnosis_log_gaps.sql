-- Time between one record of a trace and the next, by what both say; for systems that send no spans. Durations are logarithms
-- of nanoseconds with an offset added.
SELECT
    service,
    instance,
    pattern,
    tupleElement(before, 1) AS other_service,
    tupleElement(before, 2) AS other_pattern,
    toUInt8(least(:buckets - 1, intDiv((time - :start) * :buckets, :length))) AS bucket,
    count() AS n,
    sum(gap) AS a,
    sum(gap * gap) AS aa,
    argMax((time, trace_id, span_id), (gap, time, trace_id)) AS example
FROM (
    SELECT
        service,
        instance,
        pattern,
        trace_id,
        span_id,
        time_unix_nano AS time,
        lagInFrame((toString(service), pattern, time_unix_nano)) OVER (
            PARTITION BY trace_id ORDER BY time_unix_nano, service, pattern ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
        ) AS before,
        log(:offset + (time_unix_nano - tupleElement(before, 3))) AS gap
    FROM logs
    WHERE project = :project AND intDiv(time_unix_nano, 60000000000) BETWEEN :first_minute AND :last_minute
        AND time_unix_nano >= :start AND time_unix_nano < :end
        AND (:ids = '' OR trace_id IN (
            SELECT arrayJoin(arrayMap(
                at -> toFixedString(unhex(substring(:ids, 32 * at + 1, 32)), 16), range(intDiv(length(:ids), 32))))))
        AND trace_id != toFixedString('', 16)
)
WHERE tupleElement(before, 3) > 0
GROUP BY service, instance, pattern, other_service, other_pattern, bucket
ORDER BY n DESC, service, instance, pattern, other_service, other_pattern, bucket
LIMIT :most
