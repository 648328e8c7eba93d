"""Whole days go, the oldest first; the newest not for its size."""

from __future__ import annotations

import multiprocessing
import queue
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.housekeeping import apply_retention
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode
from spanwise_collector.store import EmbeddedEngine, Loader, schema
from spanwise_collector.store.retention import Day, Dropped, days, expired
from sqlalchemy import func, select, table

STORED = [Day(20261101, 10), Day(20261102, 20), Day(20261103, 30), Day(20261104, 40)]


def test_days_before_the_oldest_to_keep_are_dropped() -> None:
    assert expired(STORED, 20261103, 1000) == [Dropped(Day(20261101, 10), "age"), Dropped(Day(20261102, 20), "age")]


def test_the_oldest_days_go_until_the_rest_fits() -> None:
    assert expired(STORED, 0, 75) == [Dropped(Day(20261101, 10), "size"), Dropped(Day(20261102, 20), "size")]


def test_size_is_counted_without_what_age_has_dropped() -> None:
    assert expired(STORED, 20261102, 90) == [Dropped(Day(20261101, 10), "age")]


def test_the_newest_day_stays_whatever_its_size() -> None:
    assert [each.day.number for each in expired(STORED, 20261104, 1)] == [20261101, 20261102, 20261103]
    assert expired([], 20261104, 1) == []


def test_the_newest_day_goes_when_nothing_has_come_for_longer_than_is_kept() -> None:
    assert expired(STORED, 20991231, 1) == [Dropped(day, "age") for day in STORED]


def test_dropped_days_are_gone_from_every_table(tmp_path: Path) -> None:
    # The engine takes one folder a process.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, dropped, after, later = pool.apply(retain_a_week, (tmp_path,))
    assert before == {20261101: 1, 20261110: 1, 20261121: 1}
    assert dropped == [(20261101, "age"), (20261110, "age")]
    assert after == {20261121: 1}
    assert later == {}


def retain_a_week(folder: Path) -> tuple[dict[int, int], list[tuple[int, str]], dict[int, int], dict[int, int]]:
    engine = EmbeddedEngine(folder / "store", memory=512 << 20, query_seconds=10, query_memory=256 << 20)
    schema.create(engine.run)
    for day in (1, 10, 21):
        load(engine, folder, datetime(2026, 11, day, 12, tzinfo=UTC))
    before = spans_by_day(engine)
    settings = Settings.load(["--data", str(folder), "--retention", "7d"])
    dropped = apply_retention(engine, settings, datetime(2026, 11, 21, 13, tzinfo=UTC))
    gone: list[tuple[int, str]] = [(each.day.number, each.reason) for each in dropped]
    after = spans_by_day(engine)
    # A collector that nobody has sent anything to for a month.
    apply_retention(engine, settings, datetime(2026, 12, 21, 13, tzinfo=UTC))
    later = spans_by_day(engine)
    engine.close()
    return before, gone, after, later


def load(engine: EmbeddedEngine, folder: Path, received: datetime) -> None:
    """One span that arrived at `received`, through the loader."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="kept?")
    span.start_time_unix_nano = int(received.timestamp()) * 10**9
    frame = encode(Signal.TRACES, "default", int(received.timestamp()) * 10**9, request.SerializeToString())
    segment = SimpleNamespace(name=received.isoformat(), signal=Signal.TRACES, path=folder / f"{received:%d}.traces")
    segment.path.write_bytes(b"".join(frame.buffers))
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    released: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    loader = Loader(engine, segments, released.put, lambda each: each, lambda each, reason: None)
    loader.start()
    segments.put(segment)
    released.get(timeout=60)
    loader.close()


def spans_by_day(engine: EmbeddedEngine) -> dict[int, int]:
    spans = engine.read(select(func.count().label("rows")).select_from(table("spans")))[0].rows
    stored = {day.number: 1 for day in days(engine)}
    assert spans == len(stored)
    return stored
