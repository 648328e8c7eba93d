"""Telemetry to send: OTLP messages with ids that count and times that tick."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

MINUTE = 60_000_000_000
_HALF_DAY = 720 * MINUTE
START = (time.time_ns() - 300 * MINUTE) // _HALF_DAY * _HALF_DAY + 13_496_000_000_000
"""03:44:56 or 15:44:56 UTC, one to fourteen hours ago: what is asked for without a time is of the last day."""

_traces = itertools.count(0x1000)


def trace_ids(count: int) -> list[str]:
    """Ids of traces that no other test of this process has."""
    return [f"{next(_traces):032x}" for _ in range(count)]


def any_value(value: object) -> AnyValue:
    """A Python value as OTLP has it; None is a value that is not set."""
    made = AnyValue()
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, int):
        made.int_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, str):
        made.string_value = value
    elif isinstance(value, bytes):
        made.bytes_value = value
    elif isinstance(value, Mapping):
        made.kvlist_value.values.extend(key_values(value))
        made.kvlist_value.SetInParent()
    elif isinstance(value, Sequence):
        made.array_value.values.extend(any_value(each) for each in value)
        made.array_value.SetInParent()
    return made


def key_values(attributes: Mapping[str, Any]) -> list[KeyValue]:
    """A Python mapping as OTLP's attributes."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(trace_id: str, number: int = 1, parent: int = 0, **fields: Any) -> Span:
    """A span of one millisecond; `fields` are OTLP's, with `attributes` as a dict and `status` as its code."""
    attributes = fields.pop("attributes", {})
    status = fields.pop("status", 0)
    given: dict[str, Any] = {
        "name": f"span {number}",
        "start_time_unix_nano": START + number,
        "end_time_unix_nano": START + number + 1_000_000,
    } | fields
    return Span(
        trace_id=bytes.fromhex(trace_id),
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        attributes=key_values(attributes),
        status=Status(code=status) if status else None,
        **given,
    )


def traces(spans: Iterable[Span], service: str = "shop", **resource: Any) -> ExportTraceServiceRequest:
    """A request with the spans of one service; `resource` adds to the attributes of its resource."""
    made = ExportTraceServiceRequest()
    group = made.resource_spans.add()
    group.resource.attributes.extend(key_values({"service.name": service} | resource))
    group.scope_spans.add().spans.extend(spans)
    return made


def record(body: object = "", time: int = START, **fields: Any) -> LogRecord:
    """A log record; `fields` are OTLP's, with `attributes` as a dict and ids as hex."""
    attributes = fields.pop("attributes", {})
    ids: dict[str, Any] = {key: bytes.fromhex(fields.pop(key)) for key in ("trace_id", "span_id") if key in fields}
    return LogRecord(
        time_unix_nano=time,
        body=None if body is None else any_value(body),
        attributes=key_values(attributes),
        **ids,
        **fields,
    )


def logs(records: Iterable[LogRecord], service: str = "shop", **resource: Any) -> ExportLogsServiceRequest:
    """A request with the records of one service; `resource` adds to the attributes of its resource."""
    made = ExportLogsServiceRequest()
    group = made.resource_logs.add()
    group.resource.attributes.extend(key_values({"service.name": service} | resource))
    group.scope_logs.add().log_records.extend(records)
    return made
