"""Signals that the store takes are served, over every transport; others are refused for good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from spanwise_collector.receive.intake import Accepted
from spanwise_collector.receive.status import Encoding, success
from spanwise_collector.spool import Signal

from tests.collector.receive.factories import logs, record
from tests.collector.receive.running import JSON, METRICS_EXPORT, PROTOBUF, Receiver, receiver, stored

METRICS_JSON = """{"resourceMetrics": [{"scopeMetrics": [{"metrics": [
  {"name": "a", "unit": "1", "sum": {"aggregationTemporality": 1, "isMonotonic": true, "dataPoints": [
    {"asDouble": 5, "timeUnixNano": "1544712660300000000"}, {"asInt": "5"}]}},
  {"name": "b", "gauge": {"dataPoints": [{"asDouble": 10}]}},
  {"name": "c", "histogram": {"dataPoints": [{"count": "2", "bucketCounts": [1, "1"], "explicitBounds": [1]}]}},
  {"name": "nothing"}]}]}]}"""


@pytest.fixture
def with_metrics(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path / "spool", signals=tuple(Signal)) as made:
        yield made


def test_metrics_are_stored_over_http_and_grpc(with_metrics: Receiver) -> None:
    assert with_metrics.post("/v1/metrics", METRICS_JSON, JSON).content == b"{}"
    [body] = stored(with_metrics.folder, Signal.METRICS)
    metrics = ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0].metrics
    assert [metric.name for metric in metrics] == ["a", "b", "c", "nothing"]
    assert list(metrics[2].histogram.data_points[0].bucket_counts) == [1, 1]
    assert with_metrics.intake.counters.accepted_of(Signal.METRICS) == 4
    plain = ExportMetricsServiceRequest()
    plain.resource_metrics.add().scope_metrics.add().metrics.add(name="d").gauge.data_points.add(as_int=1)
    with with_metrics.channel() as channel:
        assert channel.unary_unary(METRICS_EXPORT)(plain.SerializeToString()) == b""
    assert len(stored(with_metrics.folder, Signal.METRICS)) == 2


def test_case_67_metrics_are_not_found_where_the_store_takes_none(running: Receiver) -> None:
    assert running.post("/v1/metrics", METRICS_JSON, JSON).status_code == 404


def test_logs_are_stored_without_a_check_of_their_ids(running: Receiver) -> None:
    body = logs(record("a", trace_id=b"short"), record("b"))
    assert running.post("/v1/logs", body.SerializeToString(), PROTOBUF).content == b""
    assert running.records() == list(body.resource_logs[0].scope_logs[0].log_records)
    assert running.intake.counters.accepted_of(Signal.LOGS) == 2


def test_ids_of_log_records_in_json_are_hex_and_what_is_none_refers_to_nothing(running: Receiver) -> None:
    upper = {"traceId": "AB" * 16, "spanId": "cd" * 8}
    encoded = {"traceId": "AAAAAAAAAAAAAAAAAAAAAQ==", "spanId": "zz"}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [upper, encoded]}]}]}
    assert running.post("/v1/logs", json.dumps(body), JSON).content == b"{}"
    found = [(stored.trace_id, stored.span_id) for stored in running.records()]
    assert found == [(b"\xab" * 16, b"\xcd" * 8), (b"", b"")]


def test_partial_success_of_every_signal_names_what_it_counts() -> None:
    partly = Accepted(accepted=1, rejected=2, message="why")
    assert success(Signal.METRICS, partly, Encoding.JSON) == (
        b'{"partialSuccess": {"errorMessage": "why", "rejectedDataPoints": "2"}}'
    )
    found = ExportLogsServiceResponse.FromString(success(Signal.LOGS, partly, Encoding.PROTOBUF))
    assert (found.partial_success.rejected_log_records, found.partial_success.error_message) == (2, "why")
