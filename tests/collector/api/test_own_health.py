"""The collector says what arrived, from whom, what it refused and why: in words and for Prometheus."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from spanwise_collector.api import health
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode

from tests import factories
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
    assert (health["arrived_total"], health["refused_total"]) == (health["arrived"], health["refused"])
    # The collector is younger than the minutes asked for.
    assert (health["minutes"], health["since_unix_nano"]) == (5, health["started_unix_nano"])
    assert [
        re.sub(r"\d+ seconds? ago", "N seconds ago", each) for each in (health["summary"], *health["sentences"])
    ] == [
        "Since the start N seconds ago 2 spans arrived, for this project from 127.0.0.1, and 1 request was refused;"
        " spans of this project that began in that time, by their own clocks, came from 1 instance of api.",
        "Since the start N seconds ago 1 request with traces over OTLP over HTTP was refused: bad_data."
        " The sender's exporter is set to another protocol, or is broken.",
        "Since the start N seconds ago 1 span over OTLP over HTTP was taken out of good requests"
        " because its id is invalid.",
    ]
    assert health["origins"] == [{"address": "127.0.0.1", "items": 2}]
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
    assert len(busy.get("/traces")["traces"]) == 1
    later = busy.client.get("/metrics").text
    assert samples["spanwise_queries_total",] < _sample(later, "spanwise_queries_total")
    assert samples["spanwise_query_seconds_total",] < _sample(later, "spanwise_query_seconds_total")


def _sample(text: str, name: str) -> float:
    (value,) = (
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    )
    return value


def test_a_poisoned_segment_is_named_with_its_reason_also_after_a_restart_and_what_is_beside_it_is_stored(
    tmp_path: Path,
) -> None:
    spool = tmp_path / "data" / "spool"
    spool.mkdir(parents=True)
    name, now = "00000000000000000001", time.time_ns()
    (spool / f"{name}.{Signal.TRACES}").write_bytes(
        b"".join(encode(Signal.TRACES, "default", now, b"\x0a\xff\xff\xff\xff\x0f").buffers)
    )
    for start in ("first", "second"):
        with process(tmp_path / "data") as collector:
            if start == "first":
                body = factories.traces([factories.span("a" * 32)]).SerializeToString()
                assert collector.post("/v1/traces", body).status_code == 200
            collector.settle()
            said = collector.get("/health")
            figures = collector.client.get("/metrics").text
            found = collector.get(f"/traces/{'a' * 32}")["span_count"]
        ((segment, reason),) = ((each["segment"], each["reason"]) for each in said["set_aside"])
        assert (start, segment, found, said["status"]) == (start, name, 1, "trouble")
        assert "Protobuf" in reason
        assert _sample(figures, "spanwise_set_aside_segments") == 1


def test_the_process_answers_that_it_lives_while_every_thread_waits_for_the_store() -> None:
    asked, go_on = threading.Semaphore(0), threading.Event()
    app = FastAPI()
    app.include_router(health.router(lambda: None))

    @app.get("/slow")
    def slow() -> None:
        asked.release()
        go_on.wait(60)

    async def ask() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://collector") as client:
            waiting = [asyncio.create_task(client.get("/slow")) for _ in range(50)]
            try:
                # All the threads that there are for routes.
                for _ in range(40):
                    assert await asyncio.to_thread(asked.acquire, timeout=60)
                return [
                    (await asyncio.wait_for(client.get(f"/{path}z"), 30)).status_code for path in ("health", "ready")
                ]
            finally:
                go_on.set()
                await asyncio.gather(*waiting)

    assert asyncio.run(ask()) == [200, 200]


def test_what_a_start_found_in_the_spool_is_said(tmp_path: Path) -> None:
    spool = tmp_path / "data" / "spool"
    spool.mkdir(parents=True)
    (spool / "00000000000000000001.traces.open").write_bytes(b"half of a frame")
    (spool / "00000000000000000002.traces").write_bytes(b"no frame at all")
    with process(tmp_path / "data") as started:
        health = started.get("/health")
        metrics = started.client.get("/metrics").text.splitlines()
    assert (health["status"], health["cut_bytes"]) == ("trouble", 15)
    assert health["damaged"] == ["00000000000000000002.traces"]
    assert [sentence.partition(":")[0] for sentence in health["sentences"]] == [
        "Acknowledged data was damaged on disk in 00000000000000000002.traces",
        "The collector had not been stopped before",
    ]
    assert {"spanwise_spool_cut_bytes 15.0", "spanwise_spool_damaged_files 1.0"} <= set(metrics)
