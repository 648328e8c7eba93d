-- How a wire value becomes a column. A view holds these expanded, so a changed function needs its views made anew.
--
-- Every attribute is kept as text, so that any value can be found by what a person would type; the arrays `…_types` beside the
-- maps hold the wire types, so that everything reads back as it came.
-- (A function's argument can stand for a whole tuple but not for the `x` of `x.value`, hence tupleElement.)
-- Type numbers are those of AnyValue's fields: 0 no value, 1 string, 2 bool, 3 int, 4 double, 5 array, 6 map, 7 bytes.

-- A double that JSON readers take for a double again: 1 is written 1.0; NaN and infinities, which JSON lacks, are wrapped.
CREATE OR REPLACE FUNCTION spanwise_json_double AS (x) -> multiIf(
    NOT isFinite(x), concat('{"@double":"', toString(x), '"}'),
    NOT match(toString(x), '[.e]'), concat(toString(x), '.0'),
    toString(x));

-- One element of an array or a map as JSON; what is nested deeper is wrapped whole, as base64 of its wire bytes.
CREATE OR REPLACE FUNCTION spanwise_json_item AS (item) -> multiIf(
    tupleElement(item, 'value') = 'string_value', toJSONString(tupleElement(item, 'string_value')),
    tupleElement(item, 'value') = 'int_value', toString(tupleElement(item, 'int_value')),
    tupleElement(item, 'value') = 'bool_value', toString(tupleElement(item, 'bool_value')),
    tupleElement(item, 'value') = 'double_value', spanwise_json_double(tupleElement(item, 'double_value')),
    tupleElement(item, 'value') = 'array_value', concat('{"@array":"', base64Encode(tupleElement(item, 'array_value')), '"}'),
    tupleElement(item, 'value') = 'kvlist_value', concat('{"@map":"', base64Encode(tupleElement(item, 'kvlist_value')), '"}'),
    tupleElement(item, 'value') = 'bytes_value', concat('{"@bytes":"', base64Encode(tupleElement(item, 'bytes_value')), '"}'),
    'null');

-- An AnyValue as text: scalars as they are, arrays and maps as JSON, bytes as base64.
CREATE OR REPLACE FUNCTION spanwise_text AS (v) -> multiIf(
    tupleElement(v, 'value') = 'string_value', tupleElement(v, 'string_value'),
    tupleElement(v, 'value') = 'int_value', toString(tupleElement(v, 'int_value')),
    tupleElement(v, 'value') = 'bool_value', toString(tupleElement(v, 'bool_value')),
    tupleElement(v, 'value') = 'double_value', toString(tupleElement(v, 'double_value')),
    tupleElement(v, 'value') = 'array_value', concat('[', arrayStringConcat(arrayMap(item -> spanwise_json_item(item), tupleElement(tupleElement(v, 'array_value'), 'values')), ','), ']'),
    tupleElement(v, 'value') = 'kvlist_value', concat('{', arrayStringConcat(arrayMap(entry -> concat(toJSONString(tupleElement(entry, 'key')), ':', spanwise_json_item(tupleElement(entry, 'value'))), tupleElement(tupleElement(v, 'kvlist_value'), 'values')), ','), '}'),
    base64Encode(tupleElement(v, 'bytes_value')));

-- Attributes by key, last first: of equal keys the last one counts (OpenTelemetry leaves it open), a look-up in a map finds
-- the first, and turning the order around costs a tenth of removing the others. Readers turn it back (tables.py).
CREATE OR REPLACE FUNCTION spanwise_map AS (attributes) -> mapFromArrays(
    CAST(arrayReverse(tupleElement(attributes, 'key')), 'Array(LowCardinality(String))'),
    arrayReverse(arrayMap(kv -> spanwise_text(tupleElement(kv, 'value')), attributes)));

-- The wire types of the same attributes, in the same order.
CREATE OR REPLACE FUNCTION spanwise_types AS (attributes) -> arrayReverse(CAST(
    tupleElement(tupleElement(attributes, 'value'), 'value'), 'Array(UInt8)'));

-- The running copy of a service that a span or record comes from (design: instance).
CREATE OR REPLACE FUNCTION spanwise_instance AS (resource) -> toLowCardinality(multiIf(
    resource['service.instance.id'] != '', resource['service.instance.id'],
    resource['k8s.pod.name'] != '', resource['k8s.pod.name'],
    resource['host.name']));

CREATE OR REPLACE FUNCTION spanwise_service AS (resource) -> toLowCardinality(
    if(resource['service.name'] != '', resource['service.name'], 'unknown_service'));

-- Duration histograms: four buckets to each doubling, so that a percentile is off by at most 19 %, as in OpenTelemetry's
-- exponential histograms of scale 2. Bucket n holds durations from 2^(n/4) ns to 2^((n+1)/4) ns.
CREATE OR REPLACE FUNCTION spanwise_bucket AS (duration) -> toUInt16(floor(log2(greatest(duration, 1)) * 4));
