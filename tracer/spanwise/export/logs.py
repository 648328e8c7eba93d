"""Log records to the bytes of an OTLP log request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ScopeLogs

from spanwise.export import wire
from spanwise.export.outgoing import OutgoingRecord


def encode(items: Sequence[OutgoingRecord], resource: Mapping[str, object]) -> bytes:
    """One request for all records, grouped by logger."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add(resource=wire.resource(resource))
    scopes: dict[str, ScopeLogs] = {}
    for item in items:
        record = item.source
        found = scopes.get(record.logger)
        if found is None:
            found = scopes[record.logger] = group.scope_logs.add(scope=wire.scope(record.logger))
        found.log_records.append(_encode_record(item))
    return request.SerializeToString()


def _encode_record(item: OutgoingRecord) -> LogRecord:
    record = item.source
    return LogRecord(
        time_unix_nano=record.time_ns,
        observed_time_unix_nano=record.time_ns,
        severity_number=record.severity,  # type: ignore[arg-type]
        severity_text=wire.text(record.level),
        body=wire.any_value(item.body),
        attributes=wire.attributes(item.attributes),
        trace_id=record.trace_id.to_bytes(16, "big") if record.trace_id else b"",
        span_id=record.span_id.to_bytes(8, "big") if record.span_id else b"",
        flags=record.flags,
    )
