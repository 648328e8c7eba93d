-- Log records of a window by service, instance, form, severity and slice of the window, with one record of each.
SELECT
    service,
    instance,
    pattern,
    severity_number AS severity,
    toUInt8(least(:buckets - 1, intDiv((time_unix_nano - :start) * :buckets, :length))) AS bucket,
    count() AS n,
    -- By the time, and of records of one time always the same.
    argMin(
        (time_unix_nano, trace_id, span_id),
        bitOr(bitShiftLeft(toUInt128(time_unix_nano), 64), toUInt128(cityHash64(trace_id, span_id)))) AS example
FROM logs
WHERE project = :project AND intDiv(time_unix_nano, 60000000000) BETWEEN :first_minute AND :last_minute
    AND time_unix_nano >= :start AND time_unix_nano < :end
    AND (:ids = '' OR trace_id IN (
        SELECT arrayJoin(arrayMap(
            at -> toFixedString(unhex(substring(:ids, 32 * at + 1, 32)), 16), range(intDiv(length(:ids), 32))))))
GROUP BY service, instance, pattern, severity, bucket
ORDER BY n DESC, service, instance, pattern, severity, bucket
LIMIT :most
