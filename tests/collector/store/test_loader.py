"""The loader sees every segment through, whatever the disk does meanwhile."""

from __future__ import annotations

import errno
import multiprocessing
import queue
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.errors import StoreError
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode, varint
from spanwise_collector.store import EmbeddedEngine, Loader, schema
from spanwise_collector.store.crowded import QUIET_TRIES, SECONDS, Shelf
from sqlalchemy import func, select, table

from tests.collector.process import eventually
from tests.collector.spool.memory import TickingClock


def test_a_disk_that_fails_while_a_segment_is_released_costs_nothing(tmp_path: Path) -> None:
    # The engine takes one folder a process.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(load_with_failing_releases, (tmp_path,))
    assert found == (3, ["segment 0", "segment 0", "segment 0", "segment 1", "segment 2"], "")


def load_with_failing_releases(folder: Path) -> tuple[int, list[str], str]:
    """Rows stored, the releases that were tried, and the last error, with two releases failing."""
    engine = EmbeddedEngine(folder / "store", memory=512 << 20, query_seconds=10, query_memory=256 << 20)
    schema.create(engine.run)
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    tried: list[str] = []

    def release(segment: SimpleNamespace) -> None:
        tried.append(segment.name)
        # As the spool does it: the file goes before its folder is synced.
        segment.path.unlink(missing_ok=True)
        if len(tried) <= 2:
            raise OSError(errno.EIO, "Input/output error")

    loader = Loader(engine, segments, release, lambda each: each, lambda each, reason: None, threads=1)
    loader.start()
    for number in range(3):
        segments.put(segment_of_one_span(folder, number))
    eventually(lambda: len(tried), lambda number: number == 5)
    loader.close()
    rows = engine.read(select(func.count().label("rows")).select_from(table("spans")))[0].rows
    engine.close()
    return rows, tried, loader.state.last_error


def test_the_store_is_found_well_while_every_connection_is_busy_with_questions(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(check_beside_a_slow_query, (tmp_path,)) == (True, 1)


def check_beside_a_slow_query(folder: Path) -> tuple[bool, int]:
    """Whether a check is answered before the query that holds the only connection, and the queries counted then."""
    engine = EmbeddedEngine(folder / "store", memory=512 << 20, query_seconds=30, query_memory=256 << 20, connections=1)
    row = func.sleepEachRow(0.5)
    slow = threading.Thread(target=engine.read, args=(select(row).select_from(func.numbers(6)),))
    running = select(func.count().label("n")).select_from(table("processes", schema="system"))
    slow.start()
    while engine.look(running)[0].n < 2:
        time.sleep(0.01)
    engine.check()
    before = slow.is_alive()
    slow.join()
    asked = engine.queries.ended
    engine.close()
    return before, asked


def test_a_segment_for_which_there_is_never_memory_does_not_keep_others_from_being_stored(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        rows, released, last_error = pool.apply(load_beside_one_that_is_too_much, (tmp_path,))
    assert (rows, released) == (2, ["segment 0", "segment 1"])
    assert "memory limit exceeded" in last_error


def load_beside_one_that_is_too_much(folder: Path) -> tuple[int, list[str], str]:
    """Spans stored, the segments released, and what was said of the one that is not."""
    engine = EmbeddedEngine(folder / "store", memory=256 << 20, query_seconds=10, query_memory=64 << 20)
    schema.create(engine.run)
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    released: list[str] = []
    said: list[str] = []
    loader = Loader(
        engine,
        segments,
        lambda each: released.append(each.name),
        lambda each: each,
        lambda each, reason: said.append(reason),
        threads=1,
    )
    scope = b"\x12\0" * 2_000_000
    resource = b"\x12" + varint(len(scope)) + scope
    body = b"\x0a" + varint(len(resource)) + resource
    heavy = folder / "heavy.logs"
    heavy.write_bytes(b"".join(encode(Signal.LOGS, "default", time.time_ns(), body).buffers))
    segments.put(SimpleNamespace(name="heavy", signal=Signal.LOGS, path=heavy))
    loader.start()
    for number in range(2):
        segments.put(segment_of_one_span(folder, number))
    while len(released) < 2:
        said.append(loader.state.last_error)
        time.sleep(0.01)
    loader.close()
    rows = engine.read(select(func.count().label("rows")).select_from(table("spans")))[0].rows
    engine.close()
    return rows, released, max(said, key=len)


def test_what_has_no_memory_alone_is_given_up_after_four_refusals_while_others_are_stored() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    shelf.put("heavy", stored=0)
    clock.tick(SECONDS - 1)
    assert shelf.take(0, idle=True) is None
    found = []
    for stored in (0, 1, 1, 2, 3, 4):
        clock.tick(SECONDS)
        crowded = shelf.take(stored, idle=True)
        assert crowded is not None
        found.append(shelf.refused(crowded, stored, idle=False))
    assert found == [False, False, False, False, False, True]
    assert shelf.take(5, idle=True) is None


def quiet_refusals(shelf: Shelf[str], clock: TickingClock, *, idle: bool) -> list[bool]:
    """Whether what lies there is given up, at each of as many refusals as are needed and one more."""
    found = []
    for _ in range(QUIET_TRIES + 1):
        clock.tick(SECONDS)
        crowded = shelf.take(0, idle=True)
        if crowded is None:
            break
        found.append(shelf.refused(crowded, 0, idle=idle))
    return found


def test_what_has_no_memory_alone_is_given_up_after_an_hour_in_which_nothing_else_waited() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    shelf.put("heavy", stored=0)
    assert quiet_refusals(shelf, clock, idle=True) == [False] * (QUIET_TRIES - 1) + [True]
    assert QUIET_TRIES * SECONDS == 3600


@pytest.mark.parametrize(("others", "idle"), [(["another"], True), ([], False)])
def test_what_has_no_memory_waits_without_end_where_others_wait_and_are_not_stored_either(
    others: list[str], idle: bool
) -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    for name in ("heavy", *others):
        shelf.put(name, stored=0)
    assert quiet_refusals(shelf, clock, idle=idle) == [False] * (QUIET_TRIES + 1)


def test_what_has_no_memory_alone_has_its_turn_between_others() -> None:
    clock = TickingClock()
    shelf: Shelf[str] = Shelf(clock.monotonic)
    for name in ("first", "second", "third"):
        shelf.put(name, stored=7)
    clock.tick(SECONDS)
    asked = ((7, False), (7, False), (8, False), (8, True), (9, True))
    found = [shelf.take(stored, idle) for stored, idle in asked]
    assert [each and each.segment for each in found] == ["first", None, "second", "third", None]


class NoRoomFor:
    """An engine, and its way in, without memory for one segment."""

    def __init__(self, heavy: str) -> None:
        self._heavy = heavy
        self.stored: list[str] = []
        self.refused = 0

    def inserter(self) -> NoRoomFor:
        return self

    def insert(self, table: str, message: str, name: str, segment: Path) -> None:
        if name == self._heavy:
            self.refused += 1
            raise StoreError("Code: 241. DB::Exception: (total) memory limit exceeded")
        self.stored.append(name)

    def check(self) -> None: ...

    def close(self) -> None: ...


def test_before_an_upgrade_what_never_has_memory_is_set_aside_and_all_else_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spanwise_collector.store.loader.SECONDS", 0.0)
    engine = NoRoomFor("heavy")
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    released: list[str] = []
    aside: list[tuple[str, str]] = []
    loader = Loader(
        cast("Any", engine),
        segments,
        lambda each: released.append(each.name),
        lambda each: each,
        lambda each, reason: aside.append((each.name, reason)),
    )
    for name in ("one", "heavy", "two"):
        segments.put(SimpleNamespace(name=name, signal=Signal.LOGS, path=Path(f"{name}.logs")))
    loader.drain()
    assert (released, engine.stored, engine.refused) == (["one", "two"], ["one", "two"], 4)
    assert aside == [
        (
            "heavy",
            "Tried 4 times with nothing beside it: Code: 241. DB::Exception: (total) memory limit exceeded",
        )
    ]


def test_a_segment_for_which_there_is_never_memory_is_set_aside_with_its_reason() -> None:
    engine, clock = NoRoomFor("heavy"), TickingClock()
    segments: queue.SimpleQueue[SimpleNamespace] = queue.SimpleQueue()
    released: list[str] = []
    aside: list[tuple[str, str]] = []
    loader = Loader(
        cast("Any", engine),
        segments,
        lambda each: released.append(each.name),
        lambda each: each,
        lambda each, reason: aside.append((each.name, reason)),
        clock=clock.monotonic,
    )
    segments.put(SimpleNamespace(name="heavy", signal=Signal.LOGS, path=Path("heavy.logs")))
    loader.start()
    eventually(lambda: engine.refused, lambda times: times == 4)

    def ticked() -> int:
        clock.tick(SECONDS)
        return engine.refused

    for number in range(20):
        if aside:
            break
        before = engine.refused
        segments.put(SimpleNamespace(name=f"good {number}", signal=Signal.LOGS, path=Path("good.logs")))
        eventually(lambda number=number: released[number:], bool)  # type: ignore[misc]
        eventually(ticked, lambda times, before=before: bool(aside) or times > before)  # type: ignore[misc]
    eventually(lambda: aside, bool)
    loader.close()
    assert released == engine.stored == [f"good {number}" for number in range(len(released))]
    assert len(released) >= 4
    assert aside == [("heavy", aside[0][1])]
    assert "Tried alone 4 times, at least 15 s apart while others were stored: Code: 241." in aside[0][1]


def segment_of_one_span(folder: Path, number: int) -> SimpleNamespace:
    request = ExportTraceServiceRequest()
    now = time.time_ns()
    request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=b"t" * 16, span_id=bytes(7) + bytes([number + 1]), start_time_unix_nano=now
    )
    path = folder / f"{number}.traces"
    path.write_bytes(b"".join(encode(Signal.TRACES, "default", now, request.SerializeToString()).buffers))
    return SimpleNamespace(name=f"segment {number}", signal=Signal.TRACES, path=path)
