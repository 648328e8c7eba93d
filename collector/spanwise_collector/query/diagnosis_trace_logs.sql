-- In how many of some traces each form of log records occurs.
SELECT service, pattern, uniqExact(trace_id) AS n
FROM logs
WHERE project = :project AND intDiv(time_unix_nano, 60000000000) BETWEEN :first_minute AND :last_minute
    AND trace_id IN (
        SELECT arrayJoin(arrayMap(
            at -> toFixedString(unhex(substring(:ids, 32 * at + 1, 32)), 16), range(intDiv(length(:ids), 32)))))
GROUP BY service, pattern
