"""Ended spans to the bytes of an OTLP trace request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, SpanFlags, Status
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext

from spanwise.export import wire
from spanwise.export.outgoing import OutgoingSpan
from spanwise.propagation.w3c import format_tracestate

_HAS_REMOTE = SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
_IS_REMOTE = SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
# The API counts kinds from 0, OTLP from 1: 0 means unspecified there.
_KIND_OFFSET = 1
# Of links for which `before_send` left none.
_NO_ATTRIBUTES: Mapping[str, object] = {}


def encode(items: Sequence[OutgoingSpan], process: Mapping[str, object]) -> bytes:
    """One request for all spans, grouped by resource and scope; `process` overrides resource attributes."""
    resources: dict[int, ResourceSpans] = {}
    scopes: dict[tuple[int, int], ScopeSpans] = {}
    request = ExportTraceServiceRequest()
    for item in items:
        span = item.source
        key = (id(span.resource), id(span.instrumentation_scope))
        found = scopes.get(key)
        if found is None:
            group = resources.get(key[0])
            if group is None:
                group = request.resource_spans.add(
                    resource=wire.resource({**span.resource.attributes, **process}),
                    schema_url=span.resource.schema_url,
                )
                resources[key[0]] = group
            found = scopes[key] = _scope_spans(group, span)
        found.spans.append(encode_span(item))
    return request.SerializeToString()


def _scope_spans(group: ResourceSpans, span: ReadableSpan) -> ScopeSpans:
    scope = span.instrumentation_scope
    if scope is None:
        return group.scope_spans.add()
    return group.scope_spans.add(
        scope=wire.scope(scope.name, scope.version, scope.attributes), schema_url=scope.schema_url or ""
    )


def encode_span(item: OutgoingSpan) -> Span:
    """One OTLP span."""
    span = item.source
    context, parent = span.context, span.parent
    assert context is not None, "the SDK gives every span a context"
    return Span(
        trace_id=context.trace_id.to_bytes(16, "big"),
        span_id=context.span_id.to_bytes(8, "big"),
        trace_state=format_tracestate(context.trace_state) if context.trace_state else "",
        parent_span_id=parent.span_id.to_bytes(8, "big") if parent else b"",
        flags=_flags(context, parent),
        name=wire.text(item.name),
        kind=span.kind.value + _KIND_OFFSET,  # type: ignore[arg-type]
        start_time_unix_nano=span.start_time or 0,
        end_time_unix_nano=span.end_time or 0,
        attributes=wire.attributes(item.attributes),
        dropped_attributes_count=span.dropped_attributes,
        events=[_event(*pair) for pair in zip(span.events, item.events, strict=False)],
        dropped_events_count=span.dropped_events,
        links=[_link(*pair) for pair in zip(span.links, chain(item.links, repeat(_NO_ATTRIBUTES)), strict=False)],
        dropped_links_count=span.dropped_links,
        status=_status(item),
    )


def _status(item: OutgoingSpan) -> Status:
    code = item.source.status.status_code.value
    return Status(code=code, message=wire.text(item.status_message))  # type: ignore[arg-type]


def _flags(context: SpanContext, parent: SpanContext | None) -> int:
    remote = _IS_REMOTE if parent is not None and parent.is_remote else 0
    return int(context.trace_flags) | _HAS_REMOTE | remote


def _event(event: Event, changed: tuple[str, Mapping[str, object]]) -> Span.Event:
    name, attributes = changed
    return Span.Event(
        time_unix_nano=event.timestamp,
        name=wire.text(name),
        attributes=wire.attributes(attributes),
        dropped_attributes_count=event.dropped_attributes,
    )


def _link(link: Link, attributes: Mapping[str, object]) -> Span.Link:
    context = link.context
    return Span.Link(
        trace_id=context.trace_id.to_bytes(16, "big"),
        span_id=context.span_id.to_bytes(8, "big"),
        trace_state=format_tracestate(context.trace_state) if context.trace_state else "",
        attributes=wire.attributes(attributes),
        flags=_flags(context, context if context.is_remote else None),
    )
