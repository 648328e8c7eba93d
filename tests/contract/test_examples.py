"""OpenTelemetry's own examples come back equal, over every transport (data/README.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.collector.process import Process
from tests.contract.sending import TRANSPORTS, Transport, read_records, read_spans, send
from tests.contract.wire import from_json, items, text, to_json

DATA = Path(__file__).parent / "data"
MINUTE = 60 * 10**9

each_transport = pytest.mark.parametrize("transport", TRANSPORTS)


def read(name: str) -> str:
    return (DATA / name).read_text("utf-8")


@each_transport
def test_the_example_trace_comes_back_equal(service: Process, transport: Transport) -> None:
    sent = from_json(read("trace.json"), ExportTraceServiceRequest)
    # A trace of its own for each transport: what is sent twice is stored once.
    span = sent.resource_spans[0].scope_spans[0].spans[0]
    span.trace_id = bytes([TRANSPORTS.index(transport)]) + span.trace_id[1:]
    send(service, transport, sent)
    assert [text(each) for each in read_spans(service, span.trace_id.hex())] == [text(each) for each in items(sent)]


@each_transport
@pytest.mark.parametrize("name", ["logs.json", "events.json"])
def test_the_example_records_come_back_equal(service: Process, transport: Transport, name: str) -> None:
    sent = from_json(read(name), ExportLogsServiceRequest)
    record = sent.resource_logs[0].scope_logs[0].log_records[0]
    # A time of its own for each.
    moved = (1 + TRANSPORTS.index(transport)) * MINUTE * (2 if name == "events.json" else 100)
    record.time_unix_nano += moved
    record.observed_time_unix_nano += moved
    send(service, transport, sent)
    start = record.time_unix_nano
    assert [text(each) for each in read_records(service, start=start, end=start + 1)] == [
        text(each) for each in items(sent)
    ]


def test_the_files_are_taken_as_they_are(service: Process) -> None:
    answers = [
        service.post(path, read(name))
        for path, name in (("/v1/traces", "trace.json"), ("/v1/logs", "logs.json"), ("/v1/logs", "events.json"))
    ]
    assert [(each.status_code, each.json()) for each in answers] == [(200, {})] * 3
    trace = from_json(read("trace.json"), ExportTraceServiceRequest)
    record, event = (from_json(read(name), ExportLogsServiceRequest) for name in ("logs.json", "events.json"))
    found = read_spans(service, "5b8efff798038103d269b633813fc60c")
    assert [text(each) for each in found] == [text(each) for each in items(trace)]
    time = 1544712660300000000
    logged = read_records(service, start=time, end=time + 1)
    assert sorted(text(each) for each in logged) == sorted(text(each) for each in items(record) + items(event))


@pytest.mark.parametrize(
    ("name", "kind"), [("trace.json", ExportTraceServiceRequest), ("logs.json", ExportLogsServiceRequest)]
)
def test_the_json_that_these_tests_send_is_that_of_the_files(name: str, kind: type[ExportTraceServiceRequest]) -> None:
    made = to_json(from_json(read(name), kind))
    assert json.loads(made.lower()) == json.loads(read(name).lower())
