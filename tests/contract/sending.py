"""The three ways into the collector, and the one way out, by which the contract is tested."""

from __future__ import annotations

from typing import Any, Final, Literal

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from tests.collector.process import Process
from tests.contract import from_api
from tests.contract.wire import Request, to_json

Transport = Literal["json", "protobuf", "grpc"]
TRANSPORTS: Final[tuple[Transport, ...]] = ("json", "protobuf", "grpc")


def send(service: Process, transport: Transport, request: Request) -> None:
    """Send a request, which must be taken as a whole."""
    traces = isinstance(request, ExportTraceServiceRequest)
    response = ExportTraceServiceResponse if traces else ExportLogsServiceResponse
    if transport == "grpc":
        name = "trace.v1.TraceService" if traces else "logs.v1.LogsService"
        assert service.export(f"/opentelemetry.proto.collector.{name}/Export", request, response) == response()
        return
    path = "/v1/traces" if traces else "/v1/logs"
    body = to_json(request) if transport == "json" else request.SerializeToString()
    answer = service.post(path, body)
    assert (answer.status_code, answer.content) == (200, b"{}" if transport == "json" else b""), answer.text


def read_spans(service: Process, trace_id: str) -> list[ResourceSpans]:
    """The spans of a trace, by span id."""
    service.settle()
    found = from_api.spans(service.get(f"/traces/{trace_id}"))
    return sorted(found, key=lambda each: each.scope_spans[0].spans[0].span_id)


def read_records(service: Process, **parameters: Any) -> list[ResourceLogs]:
    """The records that a query finds, the oldest first."""
    service.settle()
    return from_api.records(service.get("/logs", sort="oldest", limit=1000, **parameters))
