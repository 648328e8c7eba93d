"""The API's JSON back to OTLP, field by field, so that what was sent and what is shown can be compared whole.

Each span or record stands in a message of its own, with its resource and scope. Where the API's JSON cannot tell two
values apart the likelier one is taken: the word "NaN" is a double, {"base64": "…"} is bytes.
"""

from __future__ import annotations

import base64
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, EntityRef, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from tests.factories import any_value

JSON = dict[str, Any]
_NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def spans(trace: JSON) -> list[ResourceSpans]:
    """The spans of an answer of /traces/{id}, in its order."""
    return [_resource_spans(trace, each) for each in trace["spans"]]


def records(listing: JSON) -> list[ResourceLogs]:
    """The records of an answer of /logs, in its order."""
    return [_resource_logs(each) for each in listing["logs"]]


def _resource_spans(trace: JSON, given: JSON) -> ResourceSpans:
    resource, scope = trace["resources"][given["resource"]], trace["scopes"][given["scope"]]
    span = Span(
        trace_id=bytes.fromhex(trace["trace_id"]),
        span_id=bytes.fromhex(given["span_id"]),
        parent_span_id=bytes.fromhex(given["parent_span_id"] or ""),
        trace_state=given["trace_state"],
        flags=given["flags"],
        name=given["name"],
        kind=given["kind_number"],
        start_time_unix_nano=given["start_time_unix_nano"],
        end_time_unix_nano=given["end_time_unix_nano"],
        attributes=_attributes(given["attributes"]),
        dropped_attributes_count=given["dropped_attributes_count"],
        events=[_event(each) for each in given["events"]],
        dropped_events_count=given["dropped_events_count"],
        links=[_link(each) for each in given["links"]],
        dropped_links_count=given["dropped_links_count"],
        status=Status(code=given["status"]["code_number"], message=given["status"]["message"]),
    )
    inner = ScopeSpans(scope=_scope(scope), schema_url=scope["schema_url"], spans=[span])
    return ResourceSpans(resource=_resource(resource), schema_url=resource["schema_url"], scope_spans=[inner])


def _resource_logs(given: JSON) -> ResourceLogs:
    resource, scope = given["resource"], given["scope"]
    record = LogRecord(
        time_unix_nano=given["time_unix_nano"] if given["time_source"] == "event" else 0,
        observed_time_unix_nano=given["observed_time_unix_nano"],
        severity_number=given["severity_number"],
        severity_text=given["severity_text"],
        body=_value(given["body"]),
        attributes=_attributes(given["attributes"]),
        dropped_attributes_count=given["dropped_attributes_count"],
        flags=given["flags"],
        trace_id=bytes.fromhex(given["trace_id"] or ""),
        span_id=bytes.fromhex(given["span_id"] or ""),
        event_name=given["event_name"],
    )
    inner = ScopeLogs(scope=_scope(scope), schema_url=scope["schema_url"], log_records=[record])
    return ResourceLogs(resource=_resource(resource), schema_url=resource["schema_url"], scope_logs=[inner])


def _resource(given: JSON) -> Resource:
    return Resource(
        attributes=_attributes(given["attributes"]),
        dropped_attributes_count=given["dropped_attributes_count"],
        entity_refs=[EntityRef(**each) for each in given["entity_refs"]],
    )


def _scope(given: JSON) -> InstrumentationScope:
    return InstrumentationScope(
        name=given["name"],
        version=given["version"],
        attributes=_attributes(given["attributes"]),
        dropped_attributes_count=given["dropped_attributes_count"],
    )


def _event(given: JSON) -> Span.Event:
    return Span.Event(
        time_unix_nano=given["time_unix_nano"],
        name=given["name"],
        attributes=_attributes(given["attributes"]),
        dropped_attributes_count=given["dropped_attributes_count"],
    )


def _link(given: JSON) -> Span.Link:
    return Span.Link(
        trace_id=bytes.fromhex(given["trace_id"]),
        span_id=bytes.fromhex(given["span_id"]),
        trace_state=given["trace_state"],
        attributes=_attributes(given["attributes"]),
        dropped_attributes_count=given["dropped_attributes_count"],
        flags=given["flags"],
    )


def _attributes(given: JSON) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in given.items()]


def _value(given: Any) -> AnyValue:
    if isinstance(given, str) and given in _NOT_FINITE:
        return AnyValue(double_value=_NOT_FINITE[given])
    if isinstance(given, dict):
        if list(given) == ["base64"] and isinstance(given["base64"], str):
            return AnyValue(bytes_value=base64.b64decode(given["base64"]))
        made = AnyValue()
        made.kvlist_value.SetInParent()
        made.kvlist_value.values.extend(_attributes(given))
        return made
    if isinstance(given, list):
        made = AnyValue()
        made.array_value.SetInParent()
        made.array_value.values.extend(map(_value, given))
        return made
    return any_value(given)
