"""The answers of OTLP, in protobuf or JSON: `google.rpc.Status` for refusals, partial success for the rest."""

import json
import math
from enum import StrEnum

from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it has no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from spanwise_collector.errors import Refused, wire_code
from spanwise_collector.receive.intake import Accepted
from spanwise_collector.spool import Signal


class Encoding(StrEnum):
    """How a request is written, and so its answer; the value is the Content-Type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


_RESPONSES = {
    Signal.TRACES: (ExportTraceServiceResponse, "rejected_spans", "rejectedSpans"),
    Signal.LOGS: (ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords"),
    Signal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points", "rejectedDataPoints"),
}


def success(signal: Signal, accepted: Accepted, encoding: Encoding) -> bytes:
    """The response message of an export. `partial_success` is unset when there is nothing to say."""
    if not accepted.message:
        return b"{}" if encoding is Encoding.JSON else b""
    response, field, json_field = _RESPONSES[signal]
    if encoding is Encoding.JSON:
        partial = {"errorMessage": accepted.message} | (
            {json_field: str(accepted.rejected)} if accepted.rejected else {}
        )
        return json.dumps({"partialSuccess": partial}).encode()
    made = response()
    made.partial_success.error_message = accepted.message
    setattr(made.partial_success, field, accepted.rejected)
    serialized: bytes = made.SerializeToString()
    return serialized


def retry_seconds(refusal: Refused) -> int | None:
    """Whole seconds for Retry-After, at least one; None for what cannot succeed by trying again."""
    if not wire_code(refusal).retryable:
        return None
    return max(1, math.ceil(refusal.delay or 1.0))


def status(refusal: Refused) -> Status:
    """The `google.rpc.Status` of a refusal, with a RetryInfo exactly where the sender may try again."""
    made = Status(code=wire_code(refusal).grpc, message=refusal.message)
    seconds = retry_seconds(refusal)
    if seconds is not None:
        info, detail = RetryInfo(), Any()
        info.retry_delay.seconds = seconds
        detail.Pack(info)
        made.details.append(detail)
    return made


def failure(refusal: Refused, encoding: Encoding) -> bytes:
    """The body of a negative answer."""
    if encoding is Encoding.PROTOBUF:
        serialized: bytes = status(refusal).SerializeToString()
        return serialized
    body: dict[str, object] = {"code": int(wire_code(refusal).grpc), "message": refusal.message}
    seconds = retry_seconds(refusal)
    if seconds is not None:
        body["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}]
    return json.dumps(body).encode()
