"""A collector whose store is a ClickHouse server, or a cluster: over the real wire, with real SQL."""

from __future__ import annotations

import json
import logging
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.errors import StoreError
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode
from spanwise_collector.store import Loader, ServerEngine, migration, retention
from spanwise_collector.store.codes import code_of
from spanwise_collector.store.engine import StoreAway
from spanwise_collector.store.layout import VERSIONS
from sqlalchemy import column, func, select, table

from tests.clickhouse_http import CLUSTER, PASSWORD, ClickHouse, clickhouse
from tests.collector.process import SECONDS, Process, eventually, process, refused

LAYOUTS = {"server": (), "cluster": ("--cluster", CLUSTER)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with clickhouse(tmp_path_factory.mktemp("clickhouse")) as made:
        yield made


@pytest.fixture(params=LAYOUTS)
def store(request: pytest.FixtureRequest, server: ClickHouse, tmp_path: Path) -> tuple[str, ...]:
    """The flags of a database of the test's own."""
    return ("--store", f"{server.url}_{abs(hash(tmp_path))}", *LAYOUTS[request.param])


def engine_of(*flags: str, collector: str = "a") -> ServerEngine:
    settings = Settings.load([*flags])
    assert settings.store is not None
    return ServerEngine(settings.store, collector, settings)


def rows_of(engine: ServerEngine, name: str, what: str = "count()") -> list[Any]:
    counted = {"count()": func.count(), "spans": func.sum(column("span_count"))}[what]
    return [int(row[0]) for row in engine.read(select(counted).select_from(table(name)))]


def spans(number: int, count: int = 3) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = f"shop-{number}"
    now = time.time_ns()
    for each in range(count):
        resource.scope_spans.add().spans.add(
            trace_id=bytes([number + 1]) * 16,
            span_id=bytes([number + 1]) * 7 + bytes([each + 1]),
            parent_span_id=b"" if each == 0 else bytes([number + 1]) * 7 + b"\1",
            name="GET /",
            kind=2,
            start_time_unix_nano=now,
            end_time_unix_nano=now + 1_000_000 * (each + 1),
        )
    return request


def logs(count: int) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for each in range(count):
        record = scope.log_records.add(time_unix_nano=time.time_ns(), trace_id=bytes([1]) * 16 if each % 2 else b"")
        record.body.string_value = f"line {each}"
    return request


def metrics() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    scope.metrics.add(name="gauge").gauge.data_points.add(time_unix_nano=time.time_ns(), as_double=1.5)
    scope.metrics.add(name="sum").sum.data_points.add(time_unix_nano=time.time_ns(), as_int=2)
    scope.metrics.add(name="histogram").histogram.data_points.add(time_unix_nano=time.time_ns(), count=3, sum=4.0)
    return request


def send(collector: Process) -> None:
    for path, request in (("traces", spans(0)), ("logs", logs(4)), ("metrics", metrics())):
        assert collector.post(f"/v1/{path}", request.SerializeToString()).status_code == 200
    collector.settle()


def stored(collector: Process, spans: int) -> int | None:
    """The number of spans, as soon as it is the one that is waited for; None while questions are not answered."""

    def ask() -> int | None:
        count: int | None = collector.client.get("/api/v1/status").json().get("span_count")
        return count

    return eventually(ask, lambda count: count == spans)


def segment(folder: Path, request: ExportTraceServiceRequest, name: str = "segment") -> SimpleNamespace:
    path = folder / f"{name}.traces"
    path.write_bytes(b"".join(encode(Signal.TRACES, "default", time.time_ns(), request.SerializeToString()).buffers))
    return SimpleNamespace(name=name, signal=Signal.TRACES, path=path)


def test_everything_that_is_sent_is_found_by_every_question(store: tuple[str, ...], tmp_path: Path) -> None:
    with process(tmp_path / "data", *store) as collector:
        send(collector)
        trace = collector.get("/traces/" + "01" * 16)
        listed = collector.get("/traces")["traces"]
        records = collector.get("/logs")["logs"]
        services = collector.get("/services")["services"]
        names = collector.get("/metrics")["metrics"]
        verdict = collector.get("/traces/" + "01" * 16 + "/diagnosis")
        status = collector.get("/status")
        health = collector.get("/health")
        figures = collector.client.get("/metrics").text
        code, said = collector.stop()
    assert (trace["span_count"], trace["log_count"], trace["root_service"]) == (3, 2, "shop-0")
    assert [(each["trace_id"], each["span_count"]) for each in listed] == [("01" * 16, 3)]
    assert sorted(record["body"] for record in records) == ["line 0", "line 1", "line 2", "line 3"]
    assert [(each["name"], each["span_count"]) for each in services] == [("shop-0", 3), ("unknown_service", 0)]
    assert sorted(each["name"] for each in names) == ["gauge", "histogram", "sum"]
    assert verdict["trace_id"] == "01" * 16
    assert (status["span_count"], status["log_count"]) == (3, 4)
    assert (health["status"], health["stored_bytes"] > 0) == ("ok", True)
    assert "spanwise_store_bytes" in figures
    assert (code, said) == (0, "Spanwise has stopped.\n")


def test_a_segment_that_is_sent_again_counts_once_and_one_of_another_collector_by_itself(
    store: tuple[str, ...], tmp_path: Path
) -> None:
    first, second = engine_of(*store), engine_of(*store, collector="b")
    sent = segment(tmp_path, spans(0))
    for engine in (first, first, second):
        inserter = engine.inserter()
        inserter.insert("otlp_traces", "TracesRequest", sent.name, sent.path)
        inserter.close()
    counted = (rows_of(first, "spans"), rows_of(first, "span_stats", "spans"))
    first.close()
    second.close()
    assert counted == ([6], [6])


def test_metrics_of_every_kind_that_are_sent_again_count_once(store: tuple[str, ...], tmp_path: Path) -> None:
    engine = engine_of(*store)
    path = tmp_path / "segment"
    path.write_bytes(b"".join(encode(Signal.METRICS, "default", 1, metrics().SerializeToString()).buffers))
    inserter = engine.inserter()
    for _ in range(2):
        inserter.insert("otlp_metrics", "MetricsRequest", "segment", path)
    inserter.close()
    counted = rows_of(engine, "metric_points")
    engine.close()
    assert counted == [3]


def test_days_are_dropped_and_dropping_them_twice_is_harmless(store: tuple[str, ...], tmp_path: Path) -> None:
    engine = engine_of(*store)
    inserter = engine.inserter()
    sent = segment(tmp_path, spans(0))
    inserter.insert("otlp_traces", "TracesRequest", "one", sent.path)
    inserter.close()
    days = retention.days(engine)
    for _ in range(2):
        for day in days:
            retention.drop(engine, day)
    left = (rows_of(engine, "spans"), rows_of(engine, "traces"), retention.days(engine))
    engine.close()
    assert len(days) == 1
    assert left == ([0], [0], [])


def test_what_breaks_in_the_middle_of_an_insert_is_tried_again_and_counts_once(
    store: tuple[str, ...], server: ClickHouse, tmp_path: Path
) -> None:
    with process(tmp_path / "data", *store) as collector:
        # As many as the number of refusals after which a segment is set aside, and an answer that is late.
        server.fail("reset", "busy", "forget", "reset", "slow")
        assert collector.post("/v1/traces", spans(0).SerializeToString()).status_code == 200
        collector.settle()
        status, health = collector.get("/status"), collector.get("/health")
    assert (status["span_count"], health["set_aside"]) == (3, [])


def test_a_segment_that_the_server_refuses_is_told_from_a_server_that_is_away(
    store: tuple[str, ...], tmp_path: Path
) -> None:
    engine = engine_of(*store)
    inserter = engine.inserter()
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x05\xff\xff\xff\xff\xff")
    with pytest.raises(StoreError) as caught:
        inserter.insert("otlp_traces", "TracesRequest", "broken", broken)
    inserter.close()
    engine.close()
    assert not isinstance(caught.value, StoreAway)
    assert code_of(caught.value.message) is not None


def test_while_the_server_is_away_telemetry_is_taken_and_questions_are_told_so(tmp_path: Path) -> None:
    with clickhouse(tmp_path / "clickhouse") as server:
        url = server.url
        server.kill()
        with process(tmp_path / "data", "--store", url) as collector:
            # Started without the store: it is not there yet.
            taken = collector.post("/v1/traces", spans(0).SerializeToString()).status_code
            asked = collector.client.get("/api/v1/traces")
            exported = [
                collector.client.get("/api/v1/export", params={"signal": each}).status_code
                for each in ("traces", "spans", "logs")
            ]
            ready = collector.client.get("/readyz")
            health = collector.client.get("/api/v1/health")
            figures = collector.client.get("/metrics")
            server.start()
            before = stored(collector, 3)
            server.kill()
            taken_again = collector.post("/v1/traces", spans(1).SerializeToString()).status_code
            waiting = collector.client.get("/api/v1/logs").status_code
            server.start()
            after = stored(collector, 6)
    assert (taken, taken_again, asked.status_code, ready.status_code, waiting) == (200, 200, 503, 503, 503)
    assert exported == [503, 503, 503]
    assert (health.status_code, health.json()["status"], health.json()["stored_bytes"]) == (200, "trouble", None)
    assert (figures.status_code, "spanwise_store_bytes" in figures.text) == (200, False)
    assert (before, after) == (3, 6)
    assert PASSWORD not in asked.text + ready.text + health.text


def test_killed_while_two_collectors_write_nothing_is_lost_and_nothing_counts_twice(
    store: tuple[str, ...], server: ClickHouse, tmp_path: Path
) -> None:
    acknowledged = 0
    with process(tmp_path / "b", *store) as other:
        for life in range(2):
            with process(tmp_path / "a", *store, "--spool-segment-age", "1ms") as collector:
                server.fail("slow", "forget")
                for number in range(6):
                    one = spans(life * 20 + number)
                    two = spans(life * 20 + number + 100)
                    acknowledged += 3 * (collector.post("/v1/traces", one.SerializeToString()).status_code == 200)
                    acknowledged += 3 * (other.post("/v1/traces", two.SerializeToString()).status_code == 200)
                collector.popen.kill()
        with process(tmp_path / "a", *store) as collector:
            collector.settle()
            other.settle()
            counted = collector.get("/status")["span_count"], other.get("/status")["span_count"]
    assert acknowledged == 72
    assert counted == (72, 72)


def test_a_wrong_password_is_told_at_the_start_and_is_not_shown(server: ClickHouse, tmp_path: Path) -> None:
    url = f"clickhouse://spanwise:not-the-s3cret@127.0.0.1:{server.port}/telemetry"
    code, said = refused(tmp_path / "data", "--store", url)
    assert (code, "Authentication failed" in said, "s3cret" in said) == (1, True, False)


def test_a_store_of_a_newer_version_is_refused(server: ClickHouse, tmp_path: Path) -> None:
    store = ("--store", f"{server.url}_newer")
    engine = engine_of(*store)
    engine.prepare()
    engine.run(engine.layout.made(999, 0))
    engine.close()
    code, said = refused(tmp_path / "data", *store)
    assert (code, "was made by a newer Spanwise, or is being made by it now (schema 999," in said) == (1, True)


def test_while_a_newer_version_makes_its_tables_an_older_one_stores_nothing_says_so_and_waits(
    store: tuple[str, ...], tmp_path: Path
) -> None:
    newer, older = engine_of(*store), engine_of(*store)
    newer.prepare()
    newer.run(newer.layout.made(migration.VERSION, 3))
    waiting: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    stored: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    loader = Loader(older, waiting, stored.put, lambda each: each, lambda each, reason: None, threads=1)
    loader.start()
    waiting.put(segment(tmp_path, spans(0)))
    said = eventually(lambda: loader.state.last_error, lambda error: error != "")
    held = stored.qsize()
    # It was undone there.
    newer.run(f"TRUNCATE TABLE {VERSIONS}")
    newer.run(newer.layout.made(migration.VERSION, 0))
    stored.get(timeout=SECONDS)
    loader.close()
    counted, left = rows_of(older, "spans"), loader.state.last_error
    newer.close()
    older.close()
    assert (f"is being made by it now (schema {migration.VERSION}+3," in said, held) == (True, 0)
    assert (counted, left) == ([3], "")


def test_the_password_is_in_no_log_line_and_no_answer(
    server: ClickHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    engine = engine_of("--store", f"{server.url}_secret")
    engine.prepare()
    shown = repr(Settings.load(["--store", server.url])) + str(Settings.load(["--store", server.url]).store)
    engine.close()
    with process(tmp_path / "data", "--store", f"{server.url}_secret") as collector:
        shown += json.dumps([collector.get("/status"), collector.get("/health")])
        shown += collector.stop()[1]
    shown += refused(tmp_path / "data", "--store", f"{server.url}?secure=perhaps")[1]
    for secret in (PASSWORD, quote(PASSWORD, safe="")):
        assert secret not in shown + caplog.text
