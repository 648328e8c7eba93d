-- How a wire value becomes a column. A view holds these expanded, so a changed function needs its views made anew.
--
-- Every attribute is kept as text, so that any value can be found by what a person would type; the arrays `…_types` beside the
-- maps hold the wire types, so that everything reads back as it came.
-- (A function's argument can stand for a whole tuple but not for the `x` of `x.value`, hence tupleElement.)
-- Type numbers are those of AnyValue's fields: 0 no value, 1 string, 2 bool, 3 int, 4 double, 5 array, 6 map, 7 bytes.

-- A double that JSON readers take for a double again: 1 is written 1.0; NaN and infinities, which JSON lacks, are wrapped.
CREATE OR REPLACE FUNCTION spanwise_json_double$on_cluster AS (x) -> multiIf(
    NOT isFinite(x), concat('{"@double":"', toString(x), '"}'),
    NOT match(toString(x), '[.e]'), concat(toString(x), '.0'),
    toString(x));

-- One element of an array or a map as JSON; what is nested deeper is wrapped whole, as base64 of its wire bytes.
CREATE OR REPLACE FUNCTION spanwise_json_item$on_cluster AS (item) -> multiIf(
    tupleElement(item, 'value') = 'string_value', toJSONString(tupleElement(item, 'string_value')),
    tupleElement(item, 'value') = 'int_value', toString(tupleElement(item, 'int_value')),
    tupleElement(item, 'value') = 'bool_value', toString(tupleElement(item, 'bool_value')),
    tupleElement(item, 'value') = 'double_value', spanwise_json_double(tupleElement(item, 'double_value')),
    tupleElement(item, 'value') = 'array_value', concat('{"@array":"', base64Encode(tupleElement(item, 'array_value')), '"}'),
    tupleElement(item, 'value') = 'kvlist_value', concat('{"@map":"', base64Encode(tupleElement(item, 'kvlist_value')), '"}'),
    tupleElement(item, 'value') = 'bytes_value', concat('{"@bytes":"', base64Encode(tupleElement(item, 'bytes_value')), '"}'),
    'null');

-- An AnyValue as text: scalars as they are, arrays and maps as JSON, bytes as base64.
CREATE OR REPLACE FUNCTION spanwise_text$on_cluster AS (v) -> multiIf(
    tupleElement(v, 'value') = 'string_value', tupleElement(v, 'string_value'),
    tupleElement(v, 'value') = 'int_value', toString(tupleElement(v, 'int_value')),
    tupleElement(v, 'value') = 'bool_value', toString(tupleElement(v, 'bool_value')),
    tupleElement(v, 'value') = 'double_value', toString(tupleElement(v, 'double_value')),
    tupleElement(v, 'value') = 'array_value', concat('[', arrayStringConcat(arrayMap(item -> spanwise_json_item(item), tupleElement(tupleElement(v, 'array_value'), 'values')), ','), ']'),
    tupleElement(v, 'value') = 'kvlist_value', concat('{', arrayStringConcat(arrayMap(entry -> concat(toJSONString(tupleElement(entry, 'key')), ':', spanwise_json_item(tupleElement(entry, 'value'))), tupleElement(tupleElement(v, 'kvlist_value'), 'values')), ','), '}'),
    base64Encode(tupleElement(v, 'bytes_value')));

-- Attributes by key, last first: of equal keys the last one counts (OpenTelemetry leaves it open), a look-up in a map finds
-- the first, and turning the order around costs a tenth of removing the others. Readers turn it back (tables.py).
CREATE OR REPLACE FUNCTION spanwise_map$on_cluster AS (attributes) -> mapFromArrays(
    CAST(arrayReverse(tupleElement(attributes, 'key')), 'Array(LowCardinality(String))'),
    arrayReverse(arrayMap(kv -> spanwise_text(tupleElement(kv, 'value')), attributes)));

-- The wire types of the same attributes, in the same order.
CREATE OR REPLACE FUNCTION spanwise_types$on_cluster AS (attributes) -> arrayReverse(CAST(
    tupleElement(tupleElement(attributes, 'value'), 'value'), 'Array(UInt8)'));

-- The running copy of a service that a span or record comes from (design: instance).
CREATE OR REPLACE FUNCTION spanwise_instance$on_cluster AS (resource) -> toLowCardinality(multiIf(
    resource['service.instance.id'] != '', resource['service.instance.id'],
    resource['k8s.pod.name'] != '', resource['k8s.pod.name'],
    resource['host.name']));

CREATE OR REPLACE FUNCTION spanwise_service$on_cluster AS (resource) -> toLowCardinality(
    if(resource['service.name'] != '', resource['service.name'], 'unknown_service'));

-- Whether a span failed: by its status, or where that is unset by its answer. As trace/failure.py has it; a test compares the two.
CREATE OR REPLACE FUNCTION spanwise_failed$on_cluster AS (status, attributes) -> toUInt8(status = 2 OR (status = 0 AND (
    toUInt32OrZero(attributes['http.response.status_code']) BETWEEN 500 AND 999
    OR toUInt32OrZero(attributes['http.status_code']) BETWEEN 500 AND 999
    OR toUInt32OrZero(attributes['rpc.grpc.status_code']) IN (2, 4, 8, 13, 14, 15)
    OR lower(attributes['error']) = 'true')));

-- Duration histograms: four buckets to each doubling, so that a percentile is off by at most 19 %, as in OpenTelemetry's
-- exponential histograms of scale 2. Bucket n holds durations from 2^(n/4) ns to 2^((n+1)/4) ns.
CREATE OR REPLACE FUNCTION spanwise_bucket$on_cluster AS (duration) -> toUInt16(floor(log2(greatest(duration, 1)) * 4));

-- Ids of log records that do not carry them where OTLP has them: in attributes, else in the text. The same spellings as in `receive/log_ids.py`,
-- which other sources go through; a test compares the two. Names are matched once for each distinct key of a block, not for each record.
CREATE OR REPLACE FUNCTION spanwise_names_trace$on_cluster AS (key) -> match(key,
    '(?i)^(?:(?:otel|dd|x-?b3)?[_.-]?trace[_. -]?id|traceparent|b3|(?:x-)?amzn-trace-id|logging\\.googleapis\\.com/trace)$$');

CREATE OR REPLACE FUNCTION spanwise_names_span$on_cluster AS (key) -> match(key,
    '(?i)^(?:(?:otel|dd|x-?b3)?[_.-]?span[_. -]?id|traceparent|b3|(?:x-)?amzn-trace-id|logging\\.googleapis\\.com/spanid)$$');

-- The hex digits of what an attribute says: plain, as a UUID, in `traceparent`, B3, X-Ray's and Google's forms; Datadog's is decimal.
CREATE OR REPLACE FUNCTION spanwise_trace_digits$on_cluster AS (key, text) -> multiIf(
    NOT spanwise_names_trace(key), '',
    key ILIKE 'dd%' AND match(text, '^[0-9]{1,20}$$'), hex(toUInt64OrZero(text)),
    replaceAll(extract(text, '(?i)^(?:.*/|[0-9a-f]{2}-|.*Root=1-|1-)?([0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-[0-9a-f]{16}(?:-.*)?|;.*)?$$'), '-', ''));

CREATE OR REPLACE FUNCTION spanwise_span_digits$on_cluster AS (key, text) -> multiIf(
    NOT spanwise_names_span(key), '',
    key ILIKE 'dd%' AND match(text, '^[0-9]{1,20}$$'), hex(toUInt64OrZero(text)),
    extract(text, '(?i)^(?:(?:[0-9a-f]{2}-)?(?:[0-9a-f]{32}|[0-9a-f]{16})-|.*;Parent=)?([0-9a-f]{16})(?:-.*|;.*)?$$'));

CREATE OR REPLACE FUNCTION spanwise_trace_found$on_cluster AS (attributes, text) -> multiIf(
    arrayExists(key -> spanwise_names_trace(key), mapKeys(attributes)),
    arrayLast(digits -> digits != '', arrayMap((key, value) -> spanwise_trace_digits(key, value), mapKeys(attributes), mapValues(attributes))),
    NOT multiSearchAnyCaseInsensitive(text, ['trace', 'b3']), '',
    match(text, '(?i)\\bdd\\.trace_id["\'\\\\]{0,4}\\s{0,2}[=:]\\s{0,2}["\'\\\\]{0,4}[0-9]{1,20}(?:[^0-9a-z]|$$)'),
    hex(toUInt64OrZero(extract(text, '(?i)\\bdd\\.trace_id[^0-9]{1,12}([0-9]+)'))),
    replaceAll(extract(text, '(?i)\\b(?:traceparent|b3|x-amzn-trace-id|(?:otel|x[-_]b3[-_]?)?trace[._-]?id)["\'\\\\]{0,4}\\s{0,2}[=:]\\s{0,2}["\'\\\\]{0,4}(?:[0-9a-f]{2}-|Root=1-)?([0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{24})(?:[^0-9a-z]|$$)'), '-', ''));

CREATE OR REPLACE FUNCTION spanwise_span_found$on_cluster AS (attributes, text) -> multiIf(
    arrayExists(key -> spanwise_names_trace(key), mapKeys(attributes)),
    arrayLast(digits -> digits != '', arrayMap((key, value) -> spanwise_span_digits(key, value), mapKeys(attributes), mapValues(attributes))),
    NOT multiSearchAnyCaseInsensitive(text, ['trace', 'b3']), '',
    match(text, '(?i)\\bdd\\.span_id["\'\\\\]{0,4}\\s{0,2}[=:]\\s{0,2}["\'\\\\]{0,4}[0-9]{1,20}(?:[^0-9a-z]|$$)'),
    hex(toUInt64OrZero(extract(text, '(?i)\\bdd\\.span_id[^0-9]{1,12}([0-9]+)'))),
    extract(text, '(?i)(?:\\b(?:traceparent|b3)["\'\\\\]{0,4}\\s{0,2}[=:]\\s{0,2}["\'\\\\]{0,4}(?:[0-9a-f]{2}-)?(?:[0-9a-f]{32}|[0-9a-f]{16})-|Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=|\\b(?:otel|x[-_]b3[-_]?)?span[._-]?id["\'\\\\]{0,4}\\s{0,2}[=:]\\s{0,2}["\'\\\\]{0,4})([0-9a-f]{16})(?:[^0-9a-z]|$$)'));

-- The form of a log record: its first line, at most 1,024 bytes of it, with <*> for what varies from record to record: text in
-- quotes, every word with a digit in it (numbers, times, addresses, ids), addresses of mail, and paths. Records of one form are
-- one in `log_patterns`; query/patterns.py joins the few forms to templates. One regular expression costs 0.6 µs for a record of
-- 80 bytes, a chain of one for each kind of value several times that (ADR-0110).
CREATE OR REPLACE FUNCTION spanwise_masked$on_cluster AS (text) -> replaceRegexpAll(
    replaceRegexpAll(
        substringIndex(trimLeft(substring(text, 1, 1024)), '\n', 1),
        '"(?:[^"\\\\]|\\\\.)*"|[A-Za-z_./@+%#-]*[0-9][0-9A-Za-z_./@+%#:-]*|[A-Za-z_.+-]+@[A-Za-z_.-]+|(?:/[A-Za-z_.+%~-]+){2,}/?',
        '<*>'),
    '([ =:(,\\[])\'[^\']*\'', '\\1<*>');

-- The form of a record whose body is a map or an array, which are kept as JSON: its keys.
CREATE OR REPLACE FUNCTION spanwise_masked_json$on_cluster AS (text) -> replaceRegexpAll(
    substring(text, 1, 1024), '(:)(?:"(?:[^"\\\\]|\\\\.)*"|[^,{}\\[\\]"]+)', '\\1<*>');

-- What a record says, as the form of it: a record without a body is an event and has a name.
CREATE OR REPLACE FUNCTION spanwise_form$on_cluster AS (text, text_type, event) -> multiIf(
    text = '', toString(event), text_type IN (5, 6), spanwise_masked_json(text), spanwise_masked(text));

-- For `attributes`: an entry (scope, key, type, value) for each attribute of a map.
CREATE OR REPLACE FUNCTION spanwise_pairs$on_cluster AS (scope, texts, types) -> arrayMap(
    (key, value, type) -> (scope, toString(key), type, value), mapKeys(texts), mapValues(texts), types);

-- Of all values (value, rows, weight) that a block has for a key those that are worth keeping, as (1, value, weight), and one
-- (0, '', weight) for the others: what is long, what looks like an id, and of many values those on fewer than one row in 50.
CREATE OR REPLACE FUNCTION spanwise_is_kept$on_cluster AS (found, all) ->
    length(tupleElement(found, 1)) <= 200
    AND (length(all) <= 50 OR tupleElement(found, 2) * 50 >= arraySum(each -> tupleElement(each, 2), all))
    AND NOT match(tupleElement(found, 1), '^(?:[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$$');

CREATE OR REPLACE FUNCTION spanwise_kept$on_cluster AS (all) -> arrayFilter(entry -> tupleElement(entry, 3) > 0, arrayPushBack(
    arrayMap(found -> (1, tupleElement(found, 1), tupleElement(found, 3)), arrayFilter(found -> spanwise_is_kept(found, all), all)),
    (0, '', arraySum(found -> if(spanwise_is_kept(found, all), 0, tupleElement(found, 3)), all))));

-- Of a span's attributes those that say what it called: what query/peers.py reads.
CREATE OR REPLACE FUNCTION spanwise_peer_attributes$on_cluster AS (attributes) -> mapFilter((key, value) -> key IN (
    'peer.service', 'server.address', 'server.port', 'net.peer.name', 'net.peer.port', 'db.system.name', 'db.system', 'db.namespace',
    'db.name', 'messaging.system', 'messaging.destination.name', 'messaging.destination'), attributes);
