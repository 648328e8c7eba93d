"""A data folder as version 1 left it: its schema, and a killed collector's spool."""

from __future__ import annotations

import queue
import time
from pathlib import Path

from spanwise_collector.folder import DataFolder, Stand
from spanwise_collector.spool import Segment, Signal
from spanwise_collector.spool.frame import encode
from spanwise_collector.store import EmbeddedEngine, Engine, Loader, schema

from tests import factories
from tests.factories import record, span

SCHEMA = Path(__file__).parent / "schema_1"
"""Its `.sql` files, as they were."""
TRACES = [f"{number:032x}" for number in range(0xA0, 0xA5)]
"""Its traces, each of two spans, with one log line each."""


def engine_in(folder: Path) -> Engine:
    return EmbeddedEngine(folder / "store", memory=512 << 20, query_seconds=30, query_memory=256 << 20)


def make(folder: Path) -> None:
    """Write the folder, as if killed after what waits was inserted and before it was deleted.

    In a process of its own, since the engine takes one folder a process.
    """
    engine = engine_in(folder)
    for file in sorted(SCHEMA.glob("*.sql")):
        for statement in schema.split(file.read_text("utf-8")):
            engine.run(statement)
    with DataFolder(folder, "version 1", 1) as opened:
        opened.record(Stand(1))
        segments = [_segment(opened.spool, signal) for signal in (Signal.TRACES, Signal.LOGS)]
    _insert(engine, segments)
    engine.close()


def _segment(spool: Path, signal: Signal) -> Segment:
    if signal is Signal.TRACES:
        bodies = [factories.traces([span(each), span(each, 2, 1)]).SerializeToString() for each in TRACES]
    else:
        bodies = [factories.logs([record(f"line of {each}", trace_id=each)]).SerializeToString() for each in TRACES]
    frames = [encode(signal, "default", time.time_ns(), each) for each in bodies]
    path = spool / f"{time.time_ns():020d}.{signal}"
    path.write_bytes(b"".join(buffer for frame in frames for buffer in frame.buffers))
    return Segment(path.stem, signal, path, path.stat().st_size, len(frames))


def _insert(engine: Engine, segments: list[Segment]) -> None:
    waiting: queue.SimpleQueue[Segment] = queue.SimpleQueue()
    for segment in segments:
        waiting.put(segment)
    kept: list[Segment] = []
    loader = Loader(engine, waiting, kept.append, lambda each: each, lambda each, reason: None)
    loader.drain()
    assert kept == segments
