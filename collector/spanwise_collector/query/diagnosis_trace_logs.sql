-- In how many of the traces of one root that began in a window (the newest of them) each form of log records occurs.
SELECT service, pattern, uniqExact(trace_id) AS n
FROM logs
WHERE project = :project AND intDiv(time_unix_nano, 60000000000) BETWEEN :first_minute AND :last_minute
    AND trace_id IN (
        SELECT trace_id
        FROM traces
        WHERE project = :project AND minute >= :earliest_minute AND minute <= intDiv(:end, 60000000000)
        GROUP BY trace_id
        HAVING min(start_time_unix_nano) >= :start AND min(start_time_unix_nano) < :end
            AND min(root).2 = :root_service AND min(root).3 = :root_name
            AND trace_id != toFixedString(unhex(:other_than), 16)
        ORDER BY min(start_time_unix_nano) DESC, trace_id
        LIMIT :most
    )
GROUP BY service, pattern
