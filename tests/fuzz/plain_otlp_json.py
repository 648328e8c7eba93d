"""OTLP's JSON read slowly and plainly, by the specification's section on JSON and a transcript of the .proto files."""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any

from tests.fuzz.plain_otlp import Broken, Tree
from tests.fuzz.plain_zipkin import whole

# Name in JSON → type; "[]" is a list. What is no scalar is a message of this table.
MESSAGES: dict[str, dict[str, str]] = {
    "traces": {"resourceSpans": "ResourceSpans[]"},
    "logs": {"resourceLogs": "ResourceLogs[]"},
    "metrics": {"resourceMetrics": "ResourceMetrics[]"},
    "ResourceSpans": {"resource": "Resource", "scopeSpans": "ScopeSpans[]", "schemaUrl": "text"},
    "ResourceLogs": {"resource": "Resource", "scopeLogs": "ScopeLogs[]", "schemaUrl": "text"},
    "ResourceMetrics": {"resource": "Resource", "scopeMetrics": "ScopeMetrics[]", "schemaUrl": "text"},
    "ScopeSpans": {"scope": "Scope", "spans": "Span[]", "schemaUrl": "text"},
    "ScopeLogs": {"scope": "Scope", "logRecords": "LogRecord[]", "schemaUrl": "text"},
    "ScopeMetrics": {"scope": "Scope", "metrics": "Metric[]", "schemaUrl": "text"},
    "Resource": {"attributes": "KeyValue[]", "droppedAttributesCount": "u32", "entityRefs": "EntityRef[]"},
    "EntityRef": {"schemaUrl": "text", "type": "text", "idKeys": "text[]", "descriptionKeys": "text[]"},
    "Scope": {"name": "text", "version": "text", "attributes": "KeyValue[]", "droppedAttributesCount": "u32"},
    "Span": {
        "traceId": "id", "spanId": "id", "traceState": "text", "parentSpanId": "id", "flags": "u32", "name": "text",
        "kind": "enum", "startTimeUnixNano": "u64", "endTimeUnixNano": "u64", "attributes": "KeyValue[]",
        "droppedAttributesCount": "u32", "events": "Event[]", "droppedEventsCount": "u32", "links": "Link[]",
        "droppedLinksCount": "u32", "status": "Status",
    },
    "Event": {"timeUnixNano": "u64", "name": "text", "attributes": "KeyValue[]", "droppedAttributesCount": "u32"},
    "Link": {
        "traceId": "loose", "spanId": "loose", "traceState": "text", "attributes": "KeyValue[]",
        "droppedAttributesCount": "u32", "flags": "u32",
    },
    "Status": {"message": "text", "code": "enum"},
    "LogRecord": {
        "timeUnixNano": "u64", "observedTimeUnixNano": "u64", "severityNumber": "enum", "severityText": "text",
        "body": "AnyValue", "attributes": "KeyValue[]", "droppedAttributesCount": "u32", "flags": "u32",
        "traceId": "loose", "spanId": "loose", "eventName": "text",
    },
    "KeyValue": {"key": "text", "value": "AnyValue"},
    "AnyValue": {
        "stringValue": "text", "boolValue": "bool", "intValue": "i64", "doubleValue": "double",
        "arrayValue": "ArrayValue", "kvlistValue": "KeyValueList", "bytesValue": "base64",
    },
    "ArrayValue": {"values": "AnyValue[]"},
    "Metric": {
        "name": "text", "description": "text", "unit": "text", "gauge": "Gauge", "sum": "Sum",
        "histogram": "Histogram", "exponentialHistogram": "ExponentialHistogram", "summary": "Summary",
        "metadata": "KeyValue[]",
    },
    "Gauge": {"dataPoints": "Number[]"},
    "Sum": {"dataPoints": "Number[]", "aggregationTemporality": "enum", "isMonotonic": "bool"},
    "Histogram": {"dataPoints": "HistogramPoint[]", "aggregationTemporality": "enum"},
    "ExponentialHistogram": {"dataPoints": "ExponentialPoint[]", "aggregationTemporality": "enum"},
    "Summary": {"dataPoints": "SummaryPoint[]"},
    "Number": {
        "attributes": "KeyValue[]", "startTimeUnixNano": "u64", "timeUnixNano": "u64", "asDouble": "double",
        "asInt": "i64", "exemplars": "Exemplar[]", "flags": "u32",
    },
    "HistogramPoint": {
        "attributes": "KeyValue[]", "startTimeUnixNano": "u64", "timeUnixNano": "u64", "count": "u64",
        "sum": "double", "bucketCounts": "u64[]", "explicitBounds": "double[]", "exemplars": "Exemplar[]",
        "flags": "u32", "min": "double", "max": "double",
    },
    "ExponentialPoint": {
        "attributes": "KeyValue[]", "startTimeUnixNano": "u64", "timeUnixNano": "u64", "count": "u64",
        "sum": "double", "scale": "i32", "zeroCount": "u64", "positive": "Buckets", "negative": "Buckets",
        "flags": "u32", "exemplars": "Exemplar[]", "min": "double", "max": "double", "zeroThreshold": "double",
    },
    "Buckets": {"offset": "i32", "bucketCounts": "u64[]"},
    "SummaryPoint": {
        "attributes": "KeyValue[]", "startTimeUnixNano": "u64", "timeUnixNano": "u64", "count": "u64",
        "sum": "double", "quantileValues": "Quantile[]", "flags": "u32",
    },
    "Quantile": {"quantile": "double", "value": "double"},
    "Exemplar": {
        "filteredAttributes": "KeyValue[]", "timeUnixNano": "u64", "asDouble": "double", "asInt": "i64",
        "spanId": "loose", "traceId": "loose",
    },
    "KeyValueList": {"values": "KeyValue[]"},
}  # fmt: skip
# Of these fields a message has one; the last that is given counts.
ONE_OF = {
    "AnyValue": frozenset(MESSAGES["AnyValue"]),
    "Metric": frozenset(("gauge", "sum", "histogram", "exponentialHistogram", "summary")),
    "Number": frozenset(("asDouble", "asInt")),
    "Exemplar": frozenset(("asDouble", "asInt")),
}
_WHOLE = {
    "i32": (-(2**31), 2**31),
    "u32": (0, 2**32),
    "u64": (0, 2**64),
    "i64": (-(2**63), 2**63),
    "enum": (-(2**31), 2**31),
}


def read(kind: str, body: bytes) -> Tree:
    try:
        document = json.loads(body.decode(), parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise Broken("no JSON") from error
    return _message(kind, document)


def _no_json(word: str) -> Any:
    raise ValueError(word)


def _message(kind: str, value: Any) -> Tree:
    if not isinstance(value, dict):
        raise Broken("no object")
    found: Tree = {}
    for key, each in value.items():
        declared = MESSAGES[kind].get(key)
        if declared is None or each is None:
            continue
        name = _name(key)
        if declared.endswith("[]"):
            if not isinstance(each, list):
                raise Broken("no array")
            found[name] = [_one(declared[:-2], item) for item in each]
            continue
        found[name] = _one(declared, each)
        for other in ONE_OF.get(kind, frozenset()) - {key} if key in ONE_OF.get(kind, ()) else ():
            found.pop(_name(other), None)
    return found


def _name(key: str) -> str:
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key)


def _one(kind: str, value: Any) -> Any:  # noqa: PLR0911 - one for each type
    if kind in MESSAGES:
        return _message(kind, value)
    if kind in _WHOLE:
        return _integer(kind, value)
    if kind == "double":
        return _double(value)
    if kind in ("id", "loose"):
        # What is no id costs a span, and refers to nothing elsewhere.
        hexed = isinstance(value, str) and re.fullmatch("([0-9a-fA-F]{2})*", value)
        return bytes.fromhex(value) if hexed else b"" if kind == "loose" else b"no hex"
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "bool" or not isinstance(value, str):
        raise Broken(f"no {kind}")
    if kind == "text":
        return whole(value)
    # base64 of either alphabet, padded or not.
    text = value.replace("-", "+").replace("_", "/").rstrip("=")
    if not re.fullmatch("[A-Za-z0-9+/]*", text) or len(text) % 4 == 1:
        raise Broken("no base64")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _integer(kind: str, value: Any) -> int:
    low, high = _WHOLE[kind]
    if isinstance(value, str) and kind != "enum" and re.fullmatch("-?[0-9]{1,20}", value):
        value = int(value)
    if type(value) is not int or not low <= value < high:
        raise Broken(f"no {kind}")
    return value


def _double(value: Any) -> bytes:
    words = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}
    if isinstance(value, str):
        if value not in words and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", value):
            raise Broken("no number")
        value = float(words.get(value, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Broken("no number")
    try:
        return struct.pack("<d", value)
    except OverflowError as error:
        raise Broken("beyond all doubles") from error
