"""The collector says what arrived, from whom, what it refused and why: in words and for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from tests.collector.process import Process, process


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A collector that has taken two spans of three and refused a body."""
    with process(tmp_path_factory.mktemp("busy") / "data") as made:
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = "api"
        resource.resource.attributes.add(key="service.instance.id").value.string_value = "api-1"
        spans = resource.scope_spans.add().spans
        now = time.time_ns()
        for number in range(3):
            spans.add(trace_id=b"t" * 16, span_id=bytes(7) + bytes([number]), start_time_unix_nano=now)
        assert made.post("/v1/traces", request.SerializeToString()).status_code == 200
        assert made.post("/v1/traces", b"\xff").status_code == 400
        made.settle()
        yield made


def test_health_says_in_words_what_arrived_and_what_was_refused(busy: Process) -> None:
    health = busy.get("/health")
    assert health["status"] == "ok"
    assert health["arrived"] == [
        {"signal": "traces", "protocol": "otlp_http", "accepted": 2, "rejected": 1, "repeated": 0}
    ]
    assert health["refused"] == [{"signal": "traces", "protocol": "otlp_http", "reason": "bad_data", "requests": 1}]
    assert health["sentences"] == [
        "1 requests with traces over otlp_http were refused: bad_data."
        " The sender's exporter is set to another protocol, or is broken.",
        "1 traces over otlp_http were taken out of good requests because their ids are invalid.",
    ]
    (sender,) = health["senders"]
    assert (sender["service"], sender["instance"], sender["span_count"]) == ("api", "api-1", 2)
    assert health["set_aside"] == []


def test_prometheus_reads_the_same_figures(busy: Process) -> None:
    answer = busy.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["spanwise_accepted_items_total", "otlp_http", "traces"] == 2
    assert samples["spanwise_rejected_items_total", "otlp_http", "traces"] == 1
    assert samples["spanwise_refused_requests_total", "otlp_http", "bad_data", "traces"] == 1
    assert samples["spanwise_spool_bytes",] == 0
    assert samples["spanwise_lag_seconds",] == 0
    assert samples["spanwise_store_inserts_total",] == 1
    assert samples["process_resident_memory_bytes",] > 0
