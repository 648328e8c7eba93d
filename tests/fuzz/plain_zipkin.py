"""Zipkin v2 read slowly and plainly, by zipkin2-api.yaml, zipkin.proto and the tables of docs/protocols.md, straight
into what OTLP should have of it."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

from tests.fuzz import plain_protobuf
from tests.fuzz.plain_otlp import Broken, Tree, attribute, pruned
from tests.fuzz.plain_protobuf import declared

KIND = {"CLIENT": 3, "SERVER": 2, "PRODUCER": 4, "CONSUMER": 5}
LATEST = 2**63 // 1000
PROTO = declared(
    {
        "ListOfSpans": {1: "repeated Span spans"},
        "Span": {
            1: "bytes trace_id", 2: "bytes parent_id", 3: "bytes id", 4: "enum kind", 5: "string name",
            6: "fixed64 timestamp", 7: "uint64 duration", 8: "Endpoint local_endpoint", 9: "Endpoint remote_endpoint",
            10: "repeated Annotation annotations", 11: "repeated Tag tags", 12: "bool debug", 13: "bool shared",
        },
        "Endpoint": {1: "string service_name", 2: "bytes ipv4", 3: "bytes ipv6", 4: "int32 port"},
        "Annotation": {1: "fixed64 timestamp", 2: "string value"},
        # An entry of map<string, string>.
        "Tag": {1: "string key", 2: "string value"},
    }
)  # fmt: skip
NOBODY = {"service": "", "address": "", "port": 0}


def otlp(spans: list[Tree]) -> Tree:
    """Spans with `local` and `remote`, one resource a service in the order in which services are met."""
    by_service: dict[str, list[Tree]] = {}
    for span in spans:
        by_service.setdefault(span["local"]["service"], []).append(_otlp_span(span))
    resources = []
    for service, made in by_service.items():
        named = [attribute("service.name", service)] if service else []
        resources.append(
            {"resource": {"attributes": named}, "scope_spans": [{"scope": {"name": "zipkin"}, "spans": made}]}
        )
    return pruned({"resource_spans": resources})


def _otlp_span(span: Tree) -> Tree:
    local, remote, tags = span["local"], span["remote"], dict(span["tags"])
    values: list[tuple[str, Any]] = [*span["tags"]]
    values += [("network.local.address", local["address"])] * bool(local["address"])
    values += [("network.local.port", local["port"])] * bool(local["port"])
    values += [("peer.service", remote["service"])] * bool(remote["service"])
    values += [("network.peer.address", remote["address"])] * bool(remote["address"])
    values += [("network.peer.port", remote["port"])] * bool(remote["port"])
    values += [("zipkin.shared", True)] * span["shared"] + [("zipkin.debug", True)] * span["debug"]
    status: Tree = {}
    if tags.get("otel.status_code", "").upper() in ("OK", "ERROR"):
        status["code"] = 1 if tags["otel.status_code"].upper() == "OK" else 2
        status["message"] = tags.get("otel.status_description", "")
    elif tags.get("error", "false").lower() != "false":
        status = {"code": 2, "message": "" if tags["error"].lower() == "true" else tags["error"]}
    duration = span["duration"]
    return {
        "trace_id": span["trace_id"],
        "span_id": span["id"],
        "parent_span_id": span["parent"],
        "name": span["name"],
        "kind": KIND.get(span["kind"], 0),
        "start_time_unix_nano": span["timestamp"] * 1000,
        "end_time_unix_nano": 0 if duration is None else (span["timestamp"] + (duration or 1)) * 1000,
        "attributes": [attribute(key, value) for key, value in values],
        "dropped_attributes_count": span["dropped"],
        "events": [{"time_unix_nano": time * 1000, "name": text} for time, text in span["annotations"]],
        "status": status,
    }


def v2_json(body: bytes) -> Tree:
    spans = []
    for item in array_of(body):
        if "binaryAnnotations" in item:
            raise Broken("v1")
        kind = item.get("kind")
        if kind is not None and (not isinstance(kind, str) or kind not in KIND):
            raise Broken("kind")
        tags, dropped = [], 0
        for key, value in object_of(item.get("tags")).items():
            said = tag_of(value)
            dropped += said is None
            tags += [(whole(key), said)] * (said is not None)
        spans.append(base_of(item) | {
            "kind": kind,
            "local": endpoint_of(item.get("localEndpoint")),
            "remote": endpoint_of(item.get("remoteEndpoint")),
            "annotations": [
                (micros_of(each.get("timestamp")) or 0, text_of(each.get("value")))
                for each in objects_of(item.get("annotations"))
            ],
            "tags": tags,
            "dropped": dropped,
            "shared": item.get("shared") is True,
        })  # fmt: skip
    return otlp(spans)


def v2_proto(body: bytes) -> Tree:
    spans = []
    for item in plain_protobuf.read(PROTO["ListOfSpans"], body).get("spans", []):
        trace, own, parent = item.get("trace_id", b""), item.get("id", b""), item.get("parent_id", b"")
        annotations = [(a.get("timestamp", 0), a.get("value", "")) for a in item.get("annotations", [])]
        start, duration = item.get("timestamp", 0), item.get("duration", 0)
        if len(trace) not in (8, 16) or not any(trace) or len(own) != 8 or not any(own) or len(parent) not in (0, 8):
            raise Broken("ids")
        if (
            item.get("kind", 0) not in range(5)
            or max(start + duration, *(time for time, _ in annotations), 0) >= LATEST
        ):
            raise Broken("kind or time")
        spans.append({
            "trace_id": bytes(16 - len(trace)) + trace, "id": own, "parent": parent, "name": item.get("name", ""),
            "kind": (None, "CLIENT", "SERVER", "PRODUCER", "CONSUMER")[item.get("kind", 0)],
            "timestamp": start, "duration": duration or None,
            "local": _packed_endpoint(item.get("local_endpoint", {})),
            "remote": _packed_endpoint(item.get("remote_endpoint", {})),
            "annotations": annotations,
            "tags": [(tag.get("key", ""), tag.get("value", "")) for tag in item.get("tags", [])],
            "dropped": 0, "debug": item.get("debug", False), "shared": item.get("shared", False),
        })  # fmt: skip
    return otlp(spans)


def array_of(body: bytes) -> list[Any]:
    try:
        found = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise Broken("no JSON") from error
    if not isinstance(found, list):
        raise Broken("no array")
    return [object_of(item) for item in found]


def object_of(value: Any) -> Tree:
    if value is not None and not isinstance(value, dict):
        raise Broken("no object")
    return value or {}


def objects_of(value: Any) -> list[Tree]:
    if value is not None and not isinstance(value, list):
        raise Broken("no array")
    return [object_of(item) for item in value or []]


def whole(text: str) -> str:
    """Text whose lone surrogates are U+FFFD."""
    paired = re.sub("[\ud800-\udbff][\udc00-\udfff]", lambda pair: _joined(pair[0]), text)
    return re.sub("[\ud800-\udfff]", "\ufffd", paired)


def _joined(pair: str) -> str:
    return chr(0x10000 + ((ord(pair[0]) - 0xD800) << 10) + ord(pair[1]) - 0xDC00)


def text_of(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise Broken("no text")
    return whole(value or "")


def tag_of(value: Any) -> str | None:
    if isinstance(value, str):
        return whole(value)
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def micros_of(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch("[0-9]{1,4000}", value):
        value = int(value)
    if value is not None and type(value) is not int:
        raise Broken("no whole number")
    return None if value is None else in_time(value)


def in_time(value: int) -> int:
    if not 0 <= value < LATEST:
        raise Broken("out of range")
    return value


def _id(value: Any, *lengths: int) -> bytes:
    if not isinstance(value, str) or len(value) not in lengths or not re.fullmatch("[0-9a-fA-F]*", value):
        raise Broken("no id")
    return int(value, 16).to_bytes(max(lengths) // 2, "big")


def base_of(item: Tree) -> Tree:
    trace, own, parent = _id(item.get("traceId"), 16, 32), _id(item.get("id"), 16), item.get("parentId")
    if not any(trace) or not any(own):
        raise Broken("an id of zeros")
    return {
        "trace_id": trace,
        "id": own,
        "parent": b"" if parent in (None, "", "0" * 16) else _id(parent, 16),
        "name": text_of(item.get("name")),
        "timestamp": micros_of(item.get("timestamp")) or 0,
        "duration": micros_of(item.get("duration")),
        "debug": item.get("debug") is True,
    }


def endpoint_of(value: Any) -> Tree:
    found = object_of(value)
    address = found.get("ipv6") or found.get("ipv4") or ""
    try:
        address = str(ipaddress.ip_address(address)) if isinstance(address, str) and address else ""
    except ValueError:
        address = ""
    port = found.get("port")
    fits = type(port) is int and 0 < port < 2**16
    return {"service": text_of(found.get("serviceName")), "address": address, "port": port if fits else 0}


def packed_address(packed: bytes) -> str:
    return str(ipaddress.ip_address(packed)) if len(packed) in (4, 16) and any(packed) else ""


def _packed_endpoint(found: Tree) -> Tree:
    packed = found.get("ipv6", b"") or found.get("ipv4", b"")
    port = found.get("port", 0)
    return {
        "service": found.get("service_name", ""),
        "address": packed_address(packed),
        "port": port if 0 < port < 2**16 else 0,
    }
