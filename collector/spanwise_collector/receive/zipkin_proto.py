"""Zipkin v2 in protobuf: `ListOfSpans`."""

from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.declared import bounded, zipkin_spans
from spanwise_collector.receive.zipkin import Endpoint, ZipkinSpan, address_of, to_otlp

_KINDS = (
    Span.SPAN_KIND_UNSPECIFIED,
    Span.SPAN_KIND_CLIENT,
    Span.SPAN_KIND_SERVER,
    Span.SPAN_KIND_PRODUCER,
    Span.SPAN_KIND_CONSUMER,
)
_TRACE_SIZES, _PARENT_SIZES = (8, 16), (0, 8)


def decode_proto(body: bytes) -> ExportTraceServiceRequest:
    """Spans of Zipkin v2. Raises BadData naming the first span that is wrong, with nothing of the rest kept."""
    try:
        found = zipkin_spans().FromString(bounded(body))
    except DecodeError as error:
        raise BadData(f"The body is no ListOfSpans of Zipkin: {excerpt(str(error))}.") from None
    for index, span in enumerate(found.spans):
        fault = _fault(span)
        if fault:
            raise BadData(f"spans[{index}]: {fault}.")
    return to_otlp(map(_span, found.spans))


def _fault(span: Any) -> str:
    if len(span.trace_id) not in _TRACE_SIZES or not any(span.trace_id):
        return "trace_id is not 8 or 16 bytes, or zero"
    if len(span.id) != 8 or not any(span.id):
        return "id is not 8 bytes, or zero"
    if len(span.parent_id) not in _PARENT_SIZES:
        return "parent_id is not 8 bytes"
    if not 0 <= span.kind < len(_KINDS):
        return f"kind is {span.kind}, which Zipkin does not know"
    times = (span.timestamp + span.duration, *(annotation.timestamp for annotation in span.annotations))
    return "a time is out of range" if max(times) >= 2**63 // 1000 else ""


def _span(span: Any) -> ZipkinSpan:
    return ZipkinSpan(
        trace_id=span.trace_id.rjust(16, b"\0"),
        span_id=span.id,
        parent_id=span.parent_id,
        name=span.name,
        kind=_KINDS[span.kind],
        timestamp=span.timestamp,
        duration=span.duration or None,
        local=_endpoint(span.local_endpoint),
        remote=_endpoint(span.remote_endpoint),
        annotations=[(annotation.timestamp, annotation.value) for annotation in span.annotations],
        tags=[(tag.key, tag.value) for tag in span.tags],
        debug=span.debug,
        shared=span.shared,
    )


def _endpoint(found: Any) -> Endpoint:
    port = found.port if 0 < found.port < 2**16 else 0
    return Endpoint(found.service_name, address_of(found.ipv6 or found.ipv4), port)
