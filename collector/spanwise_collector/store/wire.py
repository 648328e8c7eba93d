"""Spans and log records of the model as OTLP again: what was taken in, written as any other collector takes it."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1 import common_pb2 as common
from opentelemetry.proto.logs.v1 import logs_pb2 as logs
from opentelemetry.proto.trace.v1 import trace_pb2 as wire

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.resource import Resource, Scope
from spanwise_collector.model.span import Event, Span
from spanwise_collector.model.value import Attributes, Value
from spanwise_collector.store.values import from_wire

# OTLP/JSON writes ids in hex, where protobuf's own JSON has base64 (OTLP 1.x, "JSON Protobuf Encoding").
# The last message of an exported file is a text in a field that OTLP has not, 1999; every reader of it skips that.
END_TAG: Final = b"\xfa\x7c"
END_KEY: Final = "spanwiseExport"
_INSTANCE: Final = ("service.instance.id", "k8s.pod.name", "host.name")
_IDS: Final = ("traceId", "spanId", "parentSpanId")


def to_request(spans: Iterable[Span]) -> ExportTraceServiceRequest:
    """One request with all spans, grouped by resource and scope as they were sent."""
    request = ExportTraceServiceRequest()
    resources: dict[int, wire.ResourceSpans] = {}
    scopes: dict[tuple[int, int], wire.ScopeSpans] = {}
    for span in spans:
        # Equal resources and scopes of one answer are one object.
        place = (id(span.resource), id(span.scope))
        if place[0] not in resources:
            resources[place[0]] = request.resource_spans.add()
            _resource(resources[place[0]], span.resource)
        if place not in scopes:
            scopes[place] = resources[place[0]].scope_spans.add()
            _scope(scopes[place], span.scope)
        scopes[place].spans.append(_span(span))
    return request


def to_logs_request(records: Iterable[LogRecord]) -> ExportLogsServiceRequest:
    """One request with all log records, grouped by resource and scope as they were sent."""
    request = ExportLogsServiceRequest()
    resources: dict[int, logs.ResourceLogs] = {}
    scopes: dict[tuple[int, int], logs.ScopeLogs] = {}
    for record in records:
        place = (id(record.resource), id(record.scope))
        if place[0] not in resources:
            resources[place[0]] = request.resource_logs.add()
            _resource(resources[place[0]], record.resource)
        if place not in scopes:
            scopes[place] = resources[place[0]].scope_logs.add()
            _scope(scopes[place], record.scope)
        scopes[place].log_records.append(_record(record))
    return request


def from_request(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """The spans of a request, with what the engine makes of it: equal resources and scopes are one object."""
    for outer in request.resource_spans:
        resource = _read_resource(outer)
        service = str(resource.attributes.get("service.name") or "unknown_service")
        named = (resource.attributes.get(key) for key in _INSTANCE)
        instance = str(next(filter(None, named), ""))
        for inner in outer.scope_spans:
            scope = Scope(
                inner.scope.name,
                inner.scope.version,
                _read(inner.scope.attributes),
                inner.scope.dropped_attributes_count,
                inner.schema_url,
            )
            for span in inner.spans:
                yield replace(_read_span(span), service=service, instance=instance, resource=resource, scope=scope)


def to_json(request: ExportTraceServiceRequest | ExportLogsServiceRequest) -> bytes:
    """The request in OTLP's JSON, on one line."""
    made = MessageToDict(request, use_integers_for_enums=True)
    for resource in (*made.get("resourceSpans", ()), *made.get("resourceLogs", ())):
        for scope in (*resource.get("scopeSpans", ()), *resource.get("scopeLogs", ())):
            for item in (*scope.get("spans", ()), *scope.get("logRecords", ())):
                for each in (item, *item.get("links", ())):
                    _in_hex(each)
    return json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()


def _in_hex(message: dict[str, Any]) -> None:
    for name in _IDS:
        if name in message:
            message[name] = base64.b64decode(message[name]).hex()


def _resource(target: wire.ResourceSpans | logs.ResourceLogs, given: Resource) -> None:
    target.resource.attributes.extend(_key_values(given.attributes))
    target.resource.dropped_attributes_count = given.dropped_attributes_count
    target.schema_url = given.schema_url
    for each in given.entity_refs:
        target.resource.entity_refs.append(
            common.EntityRef(
                type=each.type, id_keys=each.id_keys, description_keys=each.description_keys, schema_url=each.schema_url
            )
        )


def _scope(target: wire.ScopeSpans | logs.ScopeLogs, given: Scope) -> None:
    target.scope.name = given.name
    target.scope.version = given.version
    target.scope.attributes.extend(_key_values(given.attributes))
    target.scope.dropped_attributes_count = given.dropped_attributes_count
    target.schema_url = given.schema_url


def _span(span: Span) -> wire.Span:
    return wire.Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_span_id),
        trace_state=span.trace_state,
        flags=span.flags,
        name=span.name,
        kind=span.kind,  # type: ignore[arg-type]  # any number: OTLP's enumerations are open
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        attributes=_key_values(span.attributes),
        dropped_attributes_count=span.dropped_attributes_count,
        events=[
            wire.Span.Event(
                time_unix_nano=each.time,
                name=each.name,
                attributes=_key_values(each.attributes),
                dropped_attributes_count=each.dropped_attributes_count,
            )
            for each in span.events
        ],
        dropped_events_count=span.dropped_events_count,
        links=[
            wire.Span.Link(
                trace_id=bytes.fromhex(each.trace_id),
                span_id=bytes.fromhex(each.span_id),
                trace_state=each.trace_state,
                attributes=_key_values(each.attributes),
                dropped_attributes_count=each.dropped_attributes_count,
                flags=each.flags,
            )
            for each in span.links
        ],
        dropped_links_count=span.dropped_links_count,
        status=wire.Status(code=span.status_code, message=span.status_message),  # type: ignore[arg-type]
    )


def _record(record: LogRecord) -> logs.LogRecord:
    # A record that came without any time was observed when it arrived.
    observed = record.time if record.time_source == "received" else record.observed_time
    return logs.LogRecord(
        time_unix_nano=record.time if record.time_source == "event" else 0,
        observed_time_unix_nano=observed,
        severity_number=record.severity_number,  # type: ignore[arg-type]  # any number: OTLP's enumerations are open
        severity_text=record.severity_text,
        body=_any(record.body),
        event_name=record.event_name,
        trace_id=bytes.fromhex(record.trace_id),
        span_id=bytes.fromhex(record.span_id),
        flags=record.flags,
        attributes=_key_values(record.attributes),
        dropped_attributes_count=record.dropped_attributes_count,
    )


def _read(given: Iterable[common.KeyValue]) -> Attributes:
    return {each.key: from_wire(each.value) for each in given}


def _read_resource(given: wire.ResourceSpans) -> Resource:
    return Resource(
        _read(given.resource.attributes), given.resource.dropped_attributes_count, schema_url=given.schema_url
    )


def _read_span(given: wire.Span) -> Span:
    return Span(
        trace_id=given.trace_id.hex(),
        span_id=given.span_id.hex(),
        parent_span_id=given.parent_span_id.hex() if any(given.parent_span_id) else "",
        name=given.name,
        kind=given.kind,
        start=given.start_time_unix_nano,
        end=given.end_time_unix_nano,
        service="",
        instance="",
        status_code=given.status.code,
        status_message=given.status.message,
        attributes=_read(given.attributes),
        events=tuple(Event(each.time_unix_nano, each.name, _read(each.attributes)) for each in given.events),
    )


def _key_values(attributes: Attributes) -> list[common.KeyValue]:
    return [common.KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Value) -> common.AnyValue:  # noqa: PLR0911 - a kind a return
    if isinstance(value, bool):
        return common.AnyValue(bool_value=value)
    if isinstance(value, str):
        return common.AnyValue(string_value=value)
    if isinstance(value, int):
        return common.AnyValue(int_value=value)
    if isinstance(value, float):
        return common.AnyValue(double_value=value)
    if isinstance(value, bytes):
        return common.AnyValue(bytes_value=value)
    if isinstance(value, Mapping):
        return common.AnyValue(kvlist_value=common.KeyValueList(values=_key_values(value)))
    if isinstance(value, Sequence):
        return common.AnyValue(array_value=common.ArrayValue(values=[_any(each) for each in value]))
    return common.AnyValue()
