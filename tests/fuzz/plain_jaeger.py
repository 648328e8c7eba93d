"""Jaeger's formats read slowly and plainly, by jaeger.thrift, agent.thrift, collector.proto and model.proto of
jaeger-idl and the table of docs/protocols.md, straight into what OTLP should have of them."""

from __future__ import annotations

from typing import Any

from tests.fuzz import plain_protobuf
from tests.fuzz.plain_otlp import Broken, Tree, any_value, pruned
from tests.fuzz.plain_protobuf import declared
from tests.fuzz.plain_thrift import BOOL, DOUBLE, STRING, Binary, Compact, Fields

KIND = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
PROTO = declared(
    {
        "PostSpansRequest": {1: "Batch batch"},
        "Batch": {1: "repeated Span spans", 2: "Process process"},
        "Span": {
            1: "bytes trace_id", 2: "bytes span_id", 3: "string operation_name", 4: "repeated SpanRef references",
            5: "uint32 flags", 6: "Time start_time", 7: "Time duration", 8: "repeated KeyValue tags",
            9: "repeated Log logs", 10: "Process process", 11: "string process_id", 12: "repeated string warnings",
        },
        "SpanRef": {1: "bytes trace_id", 2: "bytes span_id", 3: "enum ref_type"},
        "KeyValue": {
            1: "string key", 2: "enum v_type", 3: "string v_str", 4: "bool v_bool", 5: "int64 v_int64",
            6: "double v_float64", 7: "bytes v_binary",
        },
        "Log": {1: "Time timestamp", 2: "repeated KeyValue fields"},
        "Process": {1: "string service_name", 2: "repeated KeyValue tags"},
        "Time": {1: "int64 seconds", 2: "int32 nanos"},
    }
)  # fmt: skip

Tags = list[tuple[str, Tree]]


def thrift(body: bytes) -> Tree:
    return _batch(Fields(Binary(body).struct()))


def compact(packet: bytes) -> Tree:
    return _call(*Compact(packet).call())


def binary(packet: bytes) -> Tree:
    return _call(*Binary(packet).call())


def _call(method: str, arguments: dict[int, Any]) -> Tree:
    if method != "emitBatch":
        raise Broken("another method")
    batch = Fields(arguments).struct(1)
    return _batch(batch or Fields({}))


def _batch(batch: Fields) -> Tree:
    process = batch.struct(1) or Fields({})
    spans = []
    for item in batch.structs(2):
        start, duration = item.integer(8) % 2**64, item.integer(9) % 2**64
        if (start + duration) * 1000 >= 2**64:
            raise Broken("a time that OTLP cannot hold")
        trace_id = _wide(item.integer(2), item.integer(1))
        references = [(_wide(r.integer(3), r.integer(2)), _id(r.integer(4)), r.integer(1)) for r in item.structs(6)]
        # As Jaeger has it: a parent that no reference names is as if it were the first of them.
        named = (trace_id, _id(item.integer(4)), 0)
        made = _span(
            trace_id,
            _id(item.integer(3)),
            [named] * (item.integer(4) != 0 and named not in references) + references,
            _tags_of(item.structs(10)),
            [(log.integer(1) % 2**64 * 1000, _tags_of(log.structs(2))) for log in item.structs(11)],
        )
        if any(event["time_unix_nano"] >= 2**64 for event in made["events"]):
            raise Broken("a time that OTLP cannot hold")
        made |= {"name": item.text(5), "flags": item.integer(7) % 256, "start_time_unix_nano": start * 1000}
        spans.append(made | {"end_time_unix_nano": (start + duration) * 1000})
    return pruned({"resource_spans": [_resource(process.text(1), _tags_of(process.structs(2)), spans)]})


def post_spans(message: bytes) -> Tree:
    batch = plain_protobuf.read(PROTO["PostSpansRequest"], message).get("batch", {})
    processes: list[Tree] = []
    spans: list[list[Tree]] = []
    for item in batch.get("spans", []):
        process = item.get("process", batch.get("process", {}))
        if process not in processes:
            processes.append(process)
            spans.append([])
        start = _time(item.get("start_time", {}))
        made = _span(
            _sized(item.get("trace_id", b"")),
            item.get("span_id", b""),
            [
                (_sized(r.get("trace_id", b"")), r.get("span_id", b""), r.get("ref_type", 0))
                for r in item.get("references", [])
            ],
            _proto_tags(item.get("tags", [])),
            [(_time(log.get("timestamp", {})), _proto_tags(log.get("fields", []))) for log in item.get("logs", [])],
        )
        made |= {
            "name": item.get("operation_name", ""),
            "flags": item.get("flags", 0) % 256,
            "start_time_unix_nano": start,
        }
        made["attributes"] += [
            {"key": "jaeger.warning", "value": {"string_value": warning}} for warning in item.get("warnings", [])
        ]
        spans[processes.index(process)].append(made | {"end_time_unix_nano": start + _time(item.get("duration", {}))})
    resources = [
        _resource(process.get("service_name", ""), _proto_tags(process.get("tags", [])), made)
        for process, made in zip(processes, spans, strict=True)
    ]
    return pruned({"resource_spans": resources})


def _resource(service: str, tags: Tags, spans: list[Tree]) -> Tree:
    names = {"hostname": "host.name", "ip": "host.ip"}
    attributes = [{"key": "service.name", "value": {"string_value": service}}] if service else []
    attributes += [{"key": names.get(key, key), "value": value} for key, value in tags]
    return {"resource": {"attributes": attributes}, "scope_spans": [{"spans": spans}]}


def _span(
    trace_id: bytes, own: bytes, references: list[tuple[bytes, bytes, int]], tags: Tags, logs: list[tuple[int, Tags]]
) -> Tree:
    made: Tree = {
        "trace_id": trace_id,
        "span_id": own,
        "parent_span_id": b"",
        "links": [],
        "status": {},
        "attributes": [],
    }
    for trace, span_id, kind in references:
        if kind == 0 and trace == trace_id and not made["parent_span_id"]:
            made["parent_span_id"] = span_id
        else:
            said = {"key": "opentracing.ref_type", "value": any_value("follows_from" if kind else "child_of")}
            made["links"].append({"trace_id": trace, "span_id": span_id, "attributes": [said]})
    followed = [each for trace, each, kind in references if kind and trace == trace_id and len(each) == 8 and any(each)]
    if followed and not made["parent_span_id"]:
        made["parent_span_id"] = followed[0]
    for key, value in tags:
        text = value.get("string_value", "")
        if key == "span.kind" and text in KIND:
            made["kind"] = KIND[text]
        elif key == "otel.status_code" and text in ("OK", "ERROR"):
            made["status"]["code"] = 1 if text == "OK" else 2
        elif key == "otel.status_description":
            made["status"]["message"] = text
        else:
            made["attributes"].append({"key": key, "value": value})
            if key == "error" and (value.get("bool_value") or text.lower() not in ("", "false")):
                made["status"].setdefault("code", 2)
    made["events"] = [_event(time, fields) for time, fields in logs]
    return made


def _event(time: int, fields: Tags) -> Tree:
    """Its name is that of the first field `event` with text; such before it name it too, with nothing."""
    names = [value.get("string_value", "") for key, value in fields if key == "event"]
    name = ([each for each in names if each] or [""])[0]
    seen, rest = False, []
    for key, value in fields:
        if key == "event" and not seen:
            seen = bool(value.get("string_value", ""))
        else:
            rest.append({"key": key, "value": value})
    return {"time_unix_nano": time, "name": name or "log", "attributes": rest}


def _wide(high: int, low: int) -> bytes:
    return _id(high) + _id(low)


def _id(value: int) -> bytes:
    return (value % 2**64).to_bytes(8, "big")


def _sized(trace_id: bytes) -> bytes:
    return bytes(max(0, 16 - len(trace_id))) + trace_id


def _time(found: Tree) -> int:
    return int(min(max(found.get("seconds", 0) * 10**9 + found.get("nanos", 0), 0), 2**63 - 1))


def _tags_of(items: list[Fields]) -> Tags:
    """By the tag's own type: STRING, DOUBLE, BOOL, LONG and BINARY are 0 to 4, their values the fields 3 to 7."""
    return [(item.text(1), _value(item)) for item in items]


def _value(item: Fields) -> Tree:
    kind = item.integer(2)
    number = kind + 3 if kind in range(5) else 3
    if number not in item.fields:
        return {}
    if number == 3:
        return any_value(item.text(3))
    if number == 6:
        return any_value(item.integer(6))
    return any_value(item.get(number, {4: (DOUBLE,), 5: (BOOL,), 7: (STRING,)}[number], None))


def _proto_tags(items: list[Tree]) -> Tags:
    """By the tag's own type: STRING, BOOL, INT64, FLOAT64 and BINARY are 0 to 4."""
    found: Tags = []
    for item in items:
        values = (
            {"string_value": item.get("v_str", "")},
            {"bool_value": item.get("v_bool", False)},
            {"int_value": item.get("v_int64", 0)},
            {"double_value": item.get("v_float64", bytes(8))},
            {"bytes_value": item.get("v_binary", b"")},
        )
        kind = item.get("v_type", 0)
        found.append((item.get("key", ""), values[kind] if kind in range(5) else {}))
    return found
