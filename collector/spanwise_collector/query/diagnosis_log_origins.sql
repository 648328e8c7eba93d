-- In how many traces each form of bad records occurs, and in how many of them its instance was the first to write one.
SELECT
    tupleElement(form, 1) AS service,
    tupleElement(form, 2) AS instance,
    tupleElement(form, 3) AS pattern,
    count() AS n,
    countIf(tupleElement(form, 1) = tupleElement(origin, 1) AND tupleElement(form, 2) = tupleElement(origin, 2)) AS firsts
FROM (
    SELECT
        arrayJoin(groupUniqArray((toString(service), toString(instance), pattern))) AS form,
        argMin((toString(service), toString(instance)), (time_unix_nano, service, instance)) AS origin
    FROM logs
    WHERE project = :project AND intDiv(time_unix_nano, 60000000000) BETWEEN :first_minute AND :last_minute
        AND time_unix_nano >= :start AND time_unix_nano < :end
        AND (:ids = '' OR trace_id IN (
            SELECT arrayJoin(arrayMap(
                at -> toFixedString(unhex(substring(:ids, 32 * at + 1, 32)), 16), range(intDiv(length(:ids), 32))))))
        AND trace_id != toFixedString('', 16)
        AND (severity_number >= :bad OR pattern IN :bad_patterns)
    GROUP BY trace_id
)
GROUP BY service, instance, pattern
