"""Whatever OTLP can say comes back as it was said, over each transport."""

from __future__ import annotations

import itertools

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.collector.process import Process
from tests.contract.sending import TRANSPORTS, Transport, read_records, read_spans, send
from tests.contract.strategies import resource_logs, resource_spans
from tests.contract.wire import items, text
from tests.generated import sample, seed

GROUPS = 40

_traces = itertools.count(0x6E4E)
each_transport = pytest.mark.parametrize("transport", TRANSPORTS)


@each_transport
def test_generated_spans_come_back_equal(service: Process, transport: Transport) -> None:
    sent = ExportTraceServiceRequest(resource_spans=sample(resource_spans(), GROUPS, seed()))
    trace_id = next(_traces).to_bytes(16)
    spans = [span for outer in sent.resource_spans for inner in outer.scope_spans for span in inner.spans]
    for number, span in enumerate(spans, start=1):
        span.trace_id, span.span_id = trace_id, number.to_bytes(8)
    send(service, transport, sent)
    found = read_spans(service, trace_id.hex())
    assert [text(each) for each in found] == [text(each) for each in items(sent)]


@each_transport
def test_generated_log_records_come_back_equal(service: Process, transport: Transport) -> None:
    sent = ExportLogsServiceRequest(resource_logs=sample(resource_logs(), GROUPS, seed()))
    trace_id = next(_traces).to_bytes(16)
    records = [record for outer in sent.resource_logs for inner in outer.scope_logs for record in inner.log_records]
    for number, record in enumerate(records, start=1):
        record.trace_id, record.span_id = trace_id, number.to_bytes(8)
    send(service, transport, sent)
    found = read_records(service, trace_id=trace_id.hex())
    assert sorted(text(each) for each in found) == sorted(text(each) for each in items(sent))
