"""Zipkin's model of a span, and what becomes of it in OTLP. Its formats are read by the modules beside this one."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

KINDS = {
    "CLIENT": Span.SPAN_KIND_CLIENT,
    "SERVER": Span.SPAN_KIND_SERVER,
    "PRODUCER": Span.SPAN_KIND_PRODUCER,
    "CONSUMER": Span.SPAN_KIND_CONSUMER,
}
# By this name the reader knows spans that may have come in pieces (trace/pieces.py).
_SCOPE = "zipkin"
_STATUS_TAGS = {"OK": Status.STATUS_CODE_OK, "ERROR": Status.STATUS_CODE_ERROR}


@dataclass(slots=True)
class Endpoint:
    """A node of the network in Zipkin's model; empty and 0 where unknown."""

    service: str = ""
    address: str = ""
    port: int = 0


@dataclass(slots=True)
class ZipkinSpan:
    """A span in Zipkin's model, whichever format brought it. Times are microseconds, 0 where unknown."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes = b""
    name: str = ""
    kind: "Span.SpanKind.ValueType" = Span.SPAN_KIND_UNSPECIFIED
    timestamp: int = 0
    duration: int | None = None
    local: Endpoint = field(default_factory=Endpoint)
    remote: Endpoint = field(default_factory=Endpoint)
    annotations: list[tuple[int, str]] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)
    dropped_tags: int = 0
    debug: bool = False
    shared: bool = False


def to_otlp(spans: Iterable[ZipkinSpan]) -> ExportTraceServiceRequest:
    """The same spans in OTLP, one resource for each service. The same spans always give the same bytes.

    A span without a time keeps the time 0: it is a piece that belongs to a span that is reported elsewhere, or
    will be. One without a duration has no end. A side of a span that shares its id with the other side's keeps
    both ids and the attribute `zipkin.shared`.
    """
    request = ExportTraceServiceRequest()
    targets = {}
    for span in spans:
        service = span.local.service
        if service not in targets:
            resource = request.resource_spans.add()
            if service:
                _put(resource.resource.attributes.add(), "service.name", service)
            group = resource.scope_spans.add()
            group.scope.name = _SCOPE
            targets[service] = group.spans
        _fill(targets[service].add(), span)
    return request


def address_of(packed: bytes) -> str:
    """An IP address in text; empty for none, and for what is none."""
    try:
        return str(ipaddress.ip_address(packed)) if packed.strip(b"\0") else ""
    except ValueError:
        return ""


def _fill(made: Span, span: ZipkinSpan) -> None:
    made.trace_id, made.span_id, made.parent_span_id = span.trace_id, span.span_id, span.parent_id
    made.name, made.kind = span.name, span.kind
    made.start_time_unix_nano = span.timestamp * 1000
    if span.duration is not None:
        made.end_time_unix_nano = (span.timestamp + max(1, span.duration)) * 1000
    for key, value in (*span.tags, *_endpoints(span)):
        _put(made.attributes.add(), key, value)
    for flag, key in ((span.shared, "zipkin.shared"), (span.debug, "zipkin.debug")):
        if flag:
            attribute = made.attributes.add(key=key)
            attribute.value.bool_value = True
    made.dropped_attributes_count = span.dropped_tags
    for time, text in span.annotations:
        made.events.add(time_unix_nano=time * 1000, name=text)
    _set_status(made.status, dict(span.tags))


def _endpoints(span: ZipkinSpan) -> Iterable[tuple[str, str | int]]:
    if span.local.address:
        yield "network.local.address", span.local.address
    if span.local.port:
        yield "network.local.port", span.local.port
    if span.remote.service:
        yield "peer.service", span.remote.service
    if span.remote.address:
        yield "network.peer.address", span.remote.address
    if span.remote.port:
        yield "network.peer.port", span.remote.port


def _put(attribute: KeyValue, key: str, value: str | int) -> None:
    attribute.key = key
    if isinstance(value, int):
        attribute.value.int_value = value
    else:
        attribute.value.string_value = value


def _set_status(status: Status, tags: dict[str, str]) -> None:
    said = tags.get("otel.status_code", "").upper()
    error = tags.get("error")
    if said in _STATUS_TAGS:
        status.code = _STATUS_TAGS[said]
        status.message = tags.get("otel.status_description", "")
    elif error is not None and error.lower() != "false":
        status.code = Status.STATUS_CODE_ERROR
        status.message = "" if error.lower() == "true" else error
