-- Counts of the spans of the traces that began in a window (of a sample of them, or of those that are named), one row for each
-- operation of an instance, what is measured, the other side, and slice of the window (diagnose/features.py says what each row
-- means). Durations are logarithms of nanoseconds with an offset added.
WITH
    :ids AS ids,
    arrayMap(at -> toFixedString(unhex(substring(ids, 32 * at + 1, 32)), 16), range(intDiv(length(ids), 32))) AS chosen
SELECT
    service,
    instance,
    operation,
    measure.1 AS what,
    measure.2 AS other_service,
    measure.3 AS other_instance,
    measure.4 AS other_operation,
    bucket,
    count() AS n,
    sum(measure.5) AS a,
    sum(measure.5 * measure.5) AS aa,
    sum(measure.6) AS b,
    sum(measure.6 * measure.6) AS bb,
    argMax((trace_id, span_id), if(measure.1 = 'end' AND measure.5 > 0, 1000000, 0) + measure.5 + measure.6) AS example
FROM (
    SELECT
        trace_id,
        span_id,
        service,
        instance,
        operation,
        bucket,
        -- (begin, end, service, instance, operation, failed) of each child, by begin.
        arraySort(kids) AS sorted,
        arrayMap(kid -> (kid.3, kid.5), sorted) AS called,
        length(sorted) = 1 AND sorted[1].3 != service AS crossing,
        -- Children clipped to the span and merged where they overlap: (covered, reached).
        arrayFold(
            (reached, kid) -> (
                reached.1 + greatest(0, least(kid.2, ended) - greatest(kid.1, reached.2)),
                greatest(reached.2, least(kid.2, ended))),
            sorted,
            (toInt64(0), began)
        ).1 AS covered,
        arrayConcat(
            if(
                crossing,
                [(
                    'edge', toString(sorted[1].3), toString(sorted[1].4), toString(sorted[1].5),
                    log(:offset + greatest(0, sorted[1].1 - began)), log(:offset + greatest(0, ended - sorted[1].2)))],
                [('self', '', '', '', log(:offset + greatest(0, ended - began - covered)), 0.)]),
            if(
                failed AND NOT arrayExists(kid -> kid.6, sorted),
                [('error', '', '', '', 1., toFloat64(empty(sorted)))],
                []),
            [('end', '', '', '', toFloat64(empty(sorted)), log(:offset + ended - began))],
            arrayMap(
                kid -> (
                    'end', toString(kid.1), '', toString(kid.2),
                    toFloat64(kid = (sorted[-1].3, sorted[-1].5)),
                    toFloat64(countEqual(called, kid))),
                arrayDistinct(called))
        ) AS measures
    FROM (
        SELECT
            trace_id,
            span_id,
            service,
            instance,
            name AS operation,
            toInt64(start_time_unix_nano) AS began,
            began + greatest(0, duration) AS ended,
            -- Where nobody sets a status, what else says that a span failed.
            status_code = 2 OR (:by_attributes AND (
                toUInt32OrZero(attributes['http.response.status_code']) >= 500
                OR toUInt32OrZero(attributes['http.status_code']) >= 500
                OR lower(attributes['error']) = 'true'
                OR attributes['error.type'] != ''
                OR toUInt32OrZero(attributes['rpc.grpc.status_code']) IN (2, 4, 8, 13, 14, 15)
                OR has(event_names, 'exception'))) AS failed,
            toUInt8(least(:buckets - 1, intDiv(greatest(0, began - :start) * :buckets, :length))) AS bucket
        FROM spans
        WHERE project = :project AND start_time_unix_nano >= :start AND start_time_unix_nano <= :last
            AND cityHash64(trace_id) % :sample = 0
            AND trace_id IN (
                SELECT trace_id
                FROM traces
                WHERE project = :project AND minute >= :earliest_minute AND minute <= intDiv(:end, 60000000000)
                    AND cityHash64(trace_id) % :sample = 0
                    AND (empty(chosen) OR trace_id IN (SELECT arrayJoin(chosen)))
                GROUP BY trace_id
                HAVING min(start_time_unix_nano) >= :start AND min(start_time_unix_nano) < :end
            )
    ) AS span
    LEFT JOIN (
        SELECT
            trace_id,
            parent_span_id AS span_id,
            groupArray((
                toInt64(start_time_unix_nano),
                toInt64(start_time_unix_nano) + greatest(0, duration),
                service, instance, name,
                status_code = 2 OR (:by_attributes AND (
                    toUInt32OrZero(attributes['http.response.status_code']) >= 500
                    OR toUInt32OrZero(attributes['http.status_code']) >= 500
                    OR lower(attributes['error']) = 'true'
                    OR attributes['error.type'] != ''
                    OR toUInt32OrZero(attributes['rpc.grpc.status_code']) IN (2, 4, 8, 13, 14, 15)
                    OR has(event_names, 'exception'))))) AS kids
        FROM spans
        WHERE project = :project AND start_time_unix_nano >= :start AND start_time_unix_nano <= :last
            AND parent_span_id != toFixedString('', 8)
            AND cityHash64(trace_id) % :sample = 0
            AND (empty(chosen) OR trace_id IN (SELECT arrayJoin(chosen)))
        GROUP BY trace_id, parent_span_id
    ) AS below USING (trace_id, span_id)
)
ARRAY JOIN measures AS measure
GROUP BY service, instance, operation, what, other_service, other_instance, other_operation, bucket
