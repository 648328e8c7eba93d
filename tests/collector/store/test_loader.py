"""The loader sees every segment through, whatever the disk does meanwhile."""

from __future__ import annotations

import errno
import multiprocessing
import queue
import threading
import time
from pathlib import Path
from types import SimpleNamespace

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode, varint
from spanwise_collector.store import EmbeddedEngine, Loader, schema
from sqlalchemy import func, select, table

from tests.collector.process import eventually


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


# One day for all of them, also about midnight.
NOW = time.time_ns()


def segment_of_one_span(folder: Path, number: int) -> SimpleNamespace:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=b"t" * 16, span_id=bytes(7) + bytes([number + 1]), start_time_unix_nano=NOW
    )
    path = folder / f"{number}.traces"
    path.write_bytes(b"".join(encode(Signal.TRACES, "default", NOW, request.SerializeToString()).buffers))
    return SimpleNamespace(name=f"segment {number}", signal=Signal.TRACES, path=path)
