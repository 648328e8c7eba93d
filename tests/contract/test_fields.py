"""Every field of OTLP's traces and logs has a place in store and API, or a written reason for having none."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.collector.process import Process
from tests.contract.generic import Filler, fields
from tests.contract.sending import TRANSPORTS, Transport, read_records, read_spans, send
from tests.contract.wire import items, text

# Fields that are not kept.
REASONS = {
    "opentelemetry.proto.common.v1.AnyValue.string_value_strindex": "an index into the strings of a"
    " profile: OTLP forbids it in traces and logs",
    "opentelemetry.proto.common.v1.KeyValue.key_strindex": "the same",
}

each_transport = pytest.mark.parametrize("transport", TRANSPORTS)


def full_traces(trace_id: bytes) -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    Filler(set(REASONS)).fill(made)
    for resource in made.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                span.trace_id = trace_id
    return made


def full_logs(trace_id: bytes) -> ExportLogsServiceRequest:
    made = ExportLogsServiceRequest()
    Filler(set(REASONS)).fill(made)
    for resource in made.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                record.trace_id = trace_id
    return made


@each_transport
def test_a_span_with_every_field_comes_back_equal(service: Process, transport: Transport) -> None:
    trace_id = (0xF1E1D + TRANSPORTS.index(transport)).to_bytes(16)
    sent = full_traces(trace_id)
    send(service, transport, sent)
    wanted = items(sent)
    assert len(wanted) == 8
    assert [text(each) for each in read_spans(service, trace_id.hex())] == [text(each) for each in wanted]


@each_transport
def test_a_log_record_with_every_field_comes_back_equal(service: Process, transport: Transport) -> None:
    trace_id = (0xF1E1D + TRANSPORTS.index(transport)).to_bytes(16)
    sent = full_logs(trace_id)
    send(service, transport, sent)
    wanted = items(sent)
    assert len(wanted) == 8
    assert [text(each) for each in read_records(service, trace_id=trace_id.hex())] == [text(each) for each in wanted]


@pytest.mark.parametrize("request_type", [ExportTraceServiceRequest, ExportLogsServiceRequest], ids=["traces", "logs"])
def test_every_field_of_the_descriptors_is_sent_by_these_tests(
    request_type: type[ExportTraceServiceRequest | ExportLogsServiceRequest],
) -> None:
    filler = Filler(set(REASONS))
    filler.fill(request_type())
    assert {field.full_name for field in fields(request_type.DESCRIPTOR)} == filler.filled | set(REASONS)


@pytest.mark.parametrize("name", REASONS)
def test_every_reason_is_about_a_field_that_exists(name: str) -> None:
    assert name in {field.full_name for field in fields(ExportTraceServiceRequest.DESCRIPTOR)}
