"""Zipkin v1, in JSON and thrift: the kind of a span, its sides and its peers are hidden in annotations."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanwise_collector.errors import BadData
from spanwise_collector.receive import zipkin_json as reading
from spanwise_collector.receive.thrift import Binary, Struct
from spanwise_collector.receive.zipkin import KINDS, Endpoint, ZipkinSpan, address_of, to_otlp

# Annotations that begin and end a side of a span. What arrives by messages has a beginning only.
_SIDES = {"CLIENT": ("cs", "cr"), "SERVER": ("sr", "ss"), "PRODUCER": ("ms", "ws"), "CONSUMER": ("mr", "wr")}
_CORE = frozenset(name for pair in _SIDES.values() for name in pair)
_PEERS = {"sa": "CLIENT", "ca": "SERVER", "ma": ""}
_WIDTHS = {2: 2, 3: 4, 4: 8}  # the types I16, I32 and I64 of a binary annotation


@dataclass(slots=True)
class _V1Span:
    base: ZipkinSpan
    annotations: list[tuple[int, str, Endpoint]] = field(default_factory=list)
    binary: list[tuple[str, str | None, Endpoint]] = field(default_factory=list)


def decode_v1_json(body: bytes) -> ExportTraceServiceRequest:
    """Spans of Zipkin v1. Raises BadData naming the first span that is wrong, with nothing of the rest kept."""
    return _decode(reading.array_of(body), _from_json)


def decode_v1_thrift(body: bytes) -> ExportTraceServiceRequest:
    """As `decode_v1_json`, from a list in thrift's binary protocol."""
    return _decode(Binary(body).structs() if body else [], _from_thrift)


def _decode(items: list[Any], read: Any) -> ExportTraceServiceRequest:
    spans: list[ZipkinSpan] = []
    for index, item in enumerate(items):
        try:
            spans.extend(_sides(read(item)))
        except ValueError as error:
            raise BadData(f"spans[{index}]: {error}.") from None
    return to_otlp(spans)


def _sides(v1: _V1Span) -> Iterator[ZipkinSpan]:
    """One span for each side that the annotations tell of: a client and its server may have shared one."""
    at = {name: (time, host) for time, name, host in reversed(v1.annotations) if name in _CORE}
    kinds = [kind for kind, (first, last) in _SIDES.items() if first in at or last in at]
    sides = [_side(v1, kind, at, len(kinds) > 1) for kind in kinds] or [_plain(v1)]
    for time, text, host in v1.annotations:
        if text not in _CORE:
            _owner(sides, host).annotations.append((time, text))
    for key, value, host in v1.binary:
        peers = [side for side in sides if side.kind == KINDS.get(_PEERS.get(key, ""), side.kind)]
        if key in _PEERS and value is None:
            (peers or sides)[0].remote = host
        elif value is None:
            sides[0].dropped_tags += 1
        else:
            _owner(sides, host).tags.append((key, value))
    yield from sides


def _side(v1: _V1Span, kind: str, at: dict[str, tuple[int, Endpoint]], shared: bool) -> ZipkinSpan:
    first, last = (at.get(name) for name in _SIDES[kind])
    begin = first[0] if first else 0
    owns_times = not shared or kind == "CLIENT"
    duration = last[0] - begin if first and last and last[0] >= begin else None
    base = v1.base
    return ZipkinSpan(
        trace_id=base.trace_id,
        span_id=base.span_id,
        parent_id=base.parent_id,
        name=base.name,
        kind=KINDS[kind],
        timestamp=(base.timestamp if owns_times else 0) or begin,
        duration=base.duration if owns_times and base.duration is not None else duration,
        local=(first or last or (0, Endpoint()))[1],
        debug=base.debug,
        # A server that did not begin the span reports no time of its own in v1.
        shared=kind == "SERVER" and (shared or not base.timestamp),
    )


def _plain(v1: _V1Span) -> ZipkinSpan:
    hosts = [host for *_, host in (*v1.annotations, *v1.binary) if host.service]
    v1.base.local = hosts[0] if hosts else Endpoint()
    return v1.base


def _owner(sides: list[ZipkinSpan], host: Endpoint) -> ZipkinSpan:
    return next((side for side in sides if side.local.service == host.service), sides[0])


def _from_json(value: Any) -> _V1Span:
    item = reading.object_of(value, "it")
    if "localEndpoint" in item or "tags" in item or "kind" in item:
        raise ValueError("it is a span of Zipkin v2: send it to /api/v2/spans")
    base = ZipkinSpan(
        trace_id=reading.trace_id_of(item.get("traceId")),
        span_id=reading.span_id_of(item.get("id"), "id"),
        parent_id=reading.parent_id_of(item.get("parentId")),
        name=reading.text_of(item.get("name"), "name"),
        timestamp=reading.micros_of(item.get("timestamp"), "timestamp") or 0,
        duration=reading.micros_of(item.get("duration"), "duration"),
        debug=item.get("debug") is True,
    )
    made = _V1Span(base)
    for each in reading.objects_of(item.get("annotations"), "annotations"):
        time = reading.micros_of(each.get("timestamp"), "annotations.timestamp") or 0
        host = reading.endpoint_of(each.get("endpoint"), "endpoint")
        made.annotations.append((time, reading.text_of(each.get("value"), "annotations.value"), host))
    for each in reading.objects_of(item.get("binaryAnnotations"), "binaryAnnotations"):
        key, raw = reading.text_of(each.get("key"), "binaryAnnotations.key"), each.get("value")
        host = reading.endpoint_of(each.get("endpoint"), "endpoint")
        made.binary.append((key, None if key in _PEERS and raw is True else reading.tag_of(raw), host))
    return made


def _from_thrift(item: Struct) -> _V1Span:
    low, high, span_id = (_id(item, number) for number in (1, 12, 4))
    if low + high == bytes(16) or span_id == bytes(8):
        raise ValueError("trace_id or id is zero")
    parent = _id(item, 5)
    base = ZipkinSpan(
        trace_id=high + low,
        span_id=span_id,
        parent_id=b"" if parent == bytes(8) else parent,
        name=_text(item.get(3)),
        timestamp=reading.micros_of(item.get(10), "timestamp") or 0,
        duration=reading.micros_of(item.get(11), "duration"),
        debug=item.get(9) is True,
    )
    made = _V1Span(base)
    for each in _structs(item.get(6)):
        time = reading.micros_of(each.get(1), "annotations.timestamp") or 0
        made.annotations.append((time, _text(each.get(2)), _host(each.get(3))))
    for each in _structs(item.get(8)):
        key = _text(each.get(1))
        made.binary.append((key, _binary_value(key, each.get(2), each.get(3)), _host(each.get(4))))
    return made


def _id(item: Struct, number: int) -> bytes:
    value = item.get(number, 0)
    if type(value) is not int:
        raise ValueError(f"field {number} is no i64")
    return value.to_bytes(8, signed=True)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _structs(value: Any) -> list[Struct]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _host(value: Any) -> Endpoint:
    if not isinstance(value, dict):
        return Endpoint()
    ipv4, ipv6, port = value.get(1, 0), value.get(4), value.get(2, 0)
    packed = ipv6 if isinstance(ipv6, bytes) and ipv6 else (_whole(ipv4) & 0xFFFFFFFF).to_bytes(4)
    return Endpoint(_text(value.get(3)), address_of(packed), _whole(port) & 0xFFFF)


def _whole(value: Any) -> int:
    return value if type(value) is int else 0


def _binary_value(key: str, value: Any, kind: Any) -> str | None:
    if not isinstance(value, bytes) or type(kind) is not int:
        return None
    if kind == 0:
        return None if key in _PEERS else ("true" if value.strip(b"\0") else "false")
    if kind in _WIDTHS and len(value) == _WIDTHS[kind]:
        return str(int.from_bytes(value, signed=True))
    if kind == 5:
        return None
    return _text(value)
