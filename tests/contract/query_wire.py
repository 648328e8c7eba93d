"""Spans and log records of the model as the OTLP that they came from."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.trace.v1 import trace_pb2
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.resource import Scope
from spanwise_collector.model.span import Span

from tests.factories import key_values, record


def span_request(spans: Iterable[Span]) -> ExportTraceServiceRequest:
    """Each with a resource and a scope of its own."""
    made = ExportTraceServiceRequest()
    for span in spans:
        outer = made.resource_spans.add()
        outer.resource.attributes.extend(key_values(span.resource.attributes))
        inner = outer.scope_spans.add(scope=_scope(span.scope))
        inner.spans.append(_span(span))
    return made


def log_request(records: Iterable[LogRecord]) -> ExportLogsServiceRequest:
    """Each with a resource and a scope of its own."""
    made = ExportLogsServiceRequest()
    for each in records:
        outer = made.resource_logs.add()
        outer.resource.attributes.extend(key_values(each.resource.attributes))
        ids = {name: text for name in ("trace_id", "span_id") if (text := getattr(each, name))}
        outer.scope_logs.add(scope=_scope(each.scope)).log_records.append(
            record(
                each.body,
                each.time,
                observed_time_unix_nano=each.observed_time,
                severity_number=each.severity_number,
                severity_text=each.severity_text,
                event_name=each.event_name,
                attributes=each.attributes,
                **ids,
            )
        )
    return made


def _scope(scope: Scope) -> InstrumentationScope:
    return InstrumentationScope(name=scope.name, version=scope.version, attributes=key_values(scope.attributes))


def _span(span: Span) -> trace_pb2.Span:
    return trace_pb2.Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_span_id),
        name=span.name,
        kind=span.kind,  # type: ignore[arg-type]
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        status=trace_pb2.Status(code=span.status_code, message=span.status_message),  # type: ignore[arg-type]
        attributes=key_values(span.attributes),
        events=[
            trace_pb2.Span.Event(time_unix_nano=each.time, name=each.name, attributes=key_values(each.attributes))
            for each in span.events
        ],
        links=[
            trace_pb2.Span.Link(
                trace_id=bytes.fromhex(each.trace_id),
                span_id=bytes.fromhex(each.span_id),
                attributes=key_values(each.attributes),
            )
            for each in span.links
        ],
    )
