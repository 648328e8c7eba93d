"""Requests to send, in both encodings, with ids that count."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START = 1_795_232_696_000_000_000


def span(number: int = 1, **fields: Any) -> Span:
    made = Span(
        trace_id=number.to_bytes(16),
        span_id=number.to_bytes(8),
        name=f"span {number}",
        start_time_unix_nano=START,
        end_time_unix_nano=START + 1_000_000,
    )
    made.MergeFrom(Span(**fields))
    return made


def traces(*spans: Span) -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    resource = made.resource_spans.add()
    resource.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="shop")))
    resource.scope_spans.add().spans.extend(spans)
    return made


def json_span(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "traceId": number.to_bytes(16).hex(),
        "spanId": number.to_bytes(8).hex(),
        "name": f"span {number}",
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 1_000_000),
    } | fields


def json_traces(*spans: dict[str, Any]) -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]})


def record(text: str, **fields: Any) -> LogRecord:
    made = LogRecord(time_unix_nano=START, severity_number=SeverityNumber.SEVERITY_NUMBER_INFO)
    made.body.string_value = text
    made.MergeFrom(LogRecord(**fields))
    return made


def logs(*records: LogRecord) -> ExportLogsServiceRequest:
    made = ExportLogsServiceRequest()
    resource = made.resource_logs.add()
    resource.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="shop")))
    resource.scope_logs.add().log_records.extend(records)
    return made
