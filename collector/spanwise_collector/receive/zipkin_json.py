"""Zipkin v2 in JSON: an array of spans."""

import binascii
import ipaddress
import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.zipkin import KINDS, Endpoint, ZipkinSpan, to_otlp

_NO_SPAN = bytes(8)


def decode_v2(body: bytes) -> ExportTraceServiceRequest:
    """Spans of Zipkin v2. Raises BadData naming the first span that is wrong, with nothing of the rest kept."""
    spans = []
    for index, item in enumerate(array_of(body)):
        try:
            spans.append(_span(item))
        except ValueError as error:
            raise BadData(f"spans[{index}]: {error}.") from None
    return to_otlp(spans)


def array_of(body: bytes) -> list[Any]:
    """The elements of a body that is a JSON array."""
    try:
        document = json.loads(body.decode())
    except RecursionError:
        raise BadData("The body is nested too deeply.") from None
    except ValueError as error:
        hint = " It begins as thrift does: send it to /api/v1/spans." if body[:1] == b"\x0c" else ""
        raise BadData(f"The body is no JSON: {excerpt(str(error))}.{hint}") from None
    if not isinstance(document, list):
        raise BadData("The body is JSON, but no array of spans.")
    return document


def object_of(value: Any, name: str) -> dict[str, Any]:
    """An object, or an empty one for null; ValueError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")
    return value


def objects_of(value: Any, name: str) -> list[dict[str, Any]]:
    """An array of objects, or an empty one for null; ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name} is no array")
    return [object_of(item, name) for item in value]


def text_of(value: Any, name: str) -> str:
    """A string that UTF-8 can write, empty for null; ValueError for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is no string")
    if value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def micros_of(value: Any, name: str) -> int | None:
    """Microseconds, as a number or a string of digits; None for null."""
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        # Long ones are out of range anyway.
        value = int(value.lstrip("0")[:20] or "0")
    if type(value) is not int or not 0 <= value < 2**63 // 1000:
        raise ValueError(f"{name} is no whole number of microseconds from 0 on")
    return int(value)


def trace_id_of(value: Any) -> bytes:
    """16 bytes: an id of 64 bits is one of 128 whose upper half is zero."""
    found = _hex(value, "traceId", (16, 32)).rjust(16, b"\0")
    if found == bytes(16):
        raise ValueError("traceId is zero")
    return found


def span_id_of(value: Any, name: str) -> bytes:
    """8 bytes; ValueError for zero and for anything but 16 hex digits."""
    found = _hex(value, name, (16,))
    if found == _NO_SPAN:
        raise ValueError(f"{name} is zero")
    return found


def parent_id_of(value: Any) -> bytes:
    """8 bytes, or none where the span has no parent."""
    return b"" if value in (None, "") or value == "0" * 16 else _hex(value, "parentId", (16,))


def endpoint_of(value: Any, name: str) -> Endpoint:
    """An endpoint of v1 or v2. An address that is none is left out."""
    found = object_of(value, name)
    address = found.get("ipv6") or found.get("ipv4") or ""
    try:
        address = str(ipaddress.ip_address(text_of(address, name))) if address else ""
    except ValueError:
        address = ""
    port = found.get("port")
    return Endpoint(
        text_of(found.get("serviceName"), f"{name}.serviceName"),
        address,
        port if type(port) is int and 0 < port < 2**16 else 0,
    )


def tag_of(value: Any) -> str | None:
    """The text of a tag's value; None for what has none: objects, arrays and null."""
    if isinstance(value, str):
        return text_of(value, "tags")
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def _hex(value: Any, name: str, lengths: tuple[int, ...]) -> bytes:
    wanted = " or ".join(map(str, lengths))
    if not isinstance(value, str) or len(value) not in lengths:
        raise ValueError(f"{name} is not {wanted} hex digits")
    try:
        return binascii.unhexlify(value)
    except ValueError:
        raise ValueError(f"{name} is not {wanted} hex digits") from None


def _span(value: Any) -> ZipkinSpan:
    item = object_of(value, "it")
    if "binaryAnnotations" in item:
        raise ValueError("it is a span of Zipkin v1: send it to /api/v1/spans")
    raw_tags = object_of(item.get("tags"), "tags")
    tags = [(text_of(key, "tags"), text) for key, raw in raw_tags.items() if (text := tag_of(raw)) is not None]
    annotations = objects_of(item.get("annotations"), "annotations")
    return ZipkinSpan(
        trace_id=trace_id_of(item.get("traceId")),
        span_id=span_id_of(item.get("id"), "id"),
        parent_id=parent_id_of(item.get("parentId")),
        name=text_of(item.get("name"), "name"),
        kind=_kind(item.get("kind")),
        timestamp=micros_of(item.get("timestamp"), "timestamp") or 0,
        duration=micros_of(item.get("duration"), "duration"),
        local=endpoint_of(item.get("localEndpoint"), "localEndpoint"),
        remote=endpoint_of(item.get("remoteEndpoint"), "remoteEndpoint"),
        annotations=[
            (micros_of(a.get("timestamp"), "annotations.timestamp") or 0, text_of(a.get("value"), "annotations.value"))
            for a in annotations
        ],
        tags=tags,
        dropped_tags=len(raw_tags) - len(tags),
        debug=item.get("debug") is True,
        shared=item.get("shared") is True,
    )


def _kind(value: Any) -> "Span.SpanKind.ValueType":
    if value is None:
        return Span.SPAN_KIND_UNSPECIFIED
    if not isinstance(value, str) or value not in KINDS:
        raise ValueError(f"kind is '{excerpt(str(value), 40)}' and not one of {', '.join(KINDS)}")
    return KINDS[value]
