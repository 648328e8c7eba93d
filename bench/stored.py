"""Many spans stored: the questions of the goals asked while more come in, and a start with all of it on disk."""

from __future__ import annotations

import random
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import beside_grep
from bench.beside_grep import Beside
from bench.collector import Collector, folder_bytes
from bench.disk import Stored, stored
from bench.ids import BodyIds, Shape
from bench.load import Load, Plan
from bench.logs import RECORDS, plain_bytes
from bench.progress import Progress
from bench.queries import Timing
from bench.stats import bytes_text, percentile

RATE = 20_000
_RUNS = 100
# A slow question is asked less often, and the report says how often.
_LONGEST_SECONDS = 40.0
_CLIENTS_BESIDE = 2
_POLL_SECONDS = 0.5
_DRAIN_SECONDS = 3600.0
_LONG = 10.0**7
# Of design.md section 7: p99 in milliseconds.
_GOALS = {
    "one trace by its id": 50,
    "newest 20 with an attribute": 150,
    "services of the last 24 h": 100,
    "completion": 50,
}


@dataclass(frozen=True, slots=True)
class Filled:
    """Items sent as fast as they were answered; times in seconds."""

    items: int
    seconds: float
    seconds_to_searchable: float


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out."""

    spans: Filled | None
    logs: Filled | None
    searches: list[Beside]
    queries: list[Timing]
    beside: float
    seconds_to_ready: float
    stored: list[Stored]
    folder: dict[str, int]


def measure(spans: int, logs: int, clients: int, shape: Shape, folder: Path) -> Report:
    """Store so many of each, ask, and start again."""
    collector = Collector(folder / "data", folder / "collector.log")
    collector.start()
    searches: list[Beside] = []
    queries: list[Timing] = []
    beside = 0.0
    try:
        filled_logs = fill(collector, "logs", logs, clients, Shape(RECORDS)) if logs else None
        if filled_logs is not None:
            bodies = filled_logs.items // RECORDS // clients
            searches = beside_grep.measure(collector, clients, bodies, folder / "lines")
        filled = fill(collector, "traces", spans, clients, shape) if spans else None
        if filled is not None:
            queries, beside = _ask_while_more_comes(collector, filled.items // shape.spans // clients, shape)
    finally:
        collector.stop(timeout=600)
    seconds = collector.start(timeout=600)
    collector.stop(timeout=600)
    return Report(
        filled, filled_logs, searches, queries, beside, seconds, stored(collector.data), folder_bytes(collector.data)
    )


def fill(collector: Collector, signal: str, wanted: int, clients: int, shape: Shape) -> Filled:
    """Send so many spans (`traces`) or log records (`logs`), and wait until all can be searched."""
    count = "span_count" if signal == "traces" else "log_count"
    bodies = -(-wanted // shape.spans // clients) or 1
    load = Load(Plan(collector.http, _LONG, clients, shape=shape, signal=signal, bodies=bodies))
    load.start()
    began, progress = time.monotonic(), Progress(signal, _LONG)
    while load.sending():
        time.sleep(_POLL_SECONDS)
        progress.show(load.acknowledged(), collector.get("/api/v1/status")[count])
    tally = load.result()
    items = tally.bodies * shape.spans
    deadline = time.monotonic() + _DRAIN_SECONDS
    while collector.get("/api/v1/status")[count] < items:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Of {items:,} acknowledged {signal} not all can be searched after an hour.")
        time.sleep(_POLL_SECONDS / 5)
    progress.end()
    return Filled(items, tally.finished - began, time.monotonic() - began)


def as_text(report: Report) -> Iterator[str]:
    """The figures as lines, each with its goal where it has one."""
    for name, filled in (("spans", report.spans), ("log records", report.logs)):
        if filled is None:
            continue
        yield f"{name}: {filled.items:,} in {filled.seconds:.1f} s"
        yield f"  acknowledged           {filled.items / filled.seconds:,.0f} a second"
        yield f"  searchable             {filled.items / filled.seconds_to_searchable:,.0f} a second"
    if report.logs is not None:
        yield f"  a record on the wire   {plain_bytes():.0f} B before compression"
        yield f"log texts searched, medians, beside the same lines as files ({report.searches[0].tool}, in the cache)"
        yield from beside_grep.as_text(report.searches)
    if report.queries:
        yield f"queries, {_RUNS} of each, while {report.beside:,.0f} spans/s come in"
    for timing in report.queries:
        goal = next((f" (goal p99 {most} ms)" for name, most in _GOALS.items() if timing.name.startswith(name)), "")
        yield f"  {timing.name:<28} p50 {timing.p50 * 1e3:.1f} ms, p99 {timing.p99 * 1e3:.1f} ms{goal}"
    yield f"start to ready with all of it on disk: {report.seconds_to_ready:.2f} s (goal 5 s)"
    for table in report.stored:
        each = table.bytes / max(table.rows, 1)
        yield f"  table {table.table:<20} {bytes_text(table.bytes)}, {table.rows:,} rows, {each:.1f} B each"
    for name, size in report.folder.items():
        yield f"  folder {name:<19} {bytes_text(size)}"


def _ask_while_more_comes(collector: Collector, sequences: int, shape: Shape) -> tuple[list[Timing], float]:
    """The timings, and how many spans a second were acknowledged meanwhile."""
    load = Load(Plan(collector.http, _LONG, _CLIENTS_BESIDE, run=1, shape=shape, rate=RATE))
    load.start()
    began = time.monotonic()
    try:
        found = [_timed(collector, name, path) for name, path in _questions(collector, sequences, shape)]
        return found, load.acknowledged() / (time.monotonic() - began)
    finally:
        load.end()


def _questions(collector: Collector, sequences: int, shape: Shape) -> Iterator[tuple[str, Callable[[], str]]]:
    draw = random.Random(1)

    def some_trace() -> str:
        ids = BodyIds(shape, 0, client=0, sequence=draw.randrange(max(sequences, 1)))
        return f"/api/v1/traces/{draw.choice(ids.trace_ids())}"

    yield "one trace by its id", some_trace
    yield "newest 20 with an attribute", lambda: "/api/v1/traces?attribute=user.tier%3Dbusiness&limit=20"
    yield "services of the last 24 h", lambda: "/api/v1/services?start=now-24h"
    yield "logs by text", lambda: "/api/v1/logs?text=timed%20out&limit=100"
    yield "logs with an attribute", lambda: f"/api/v1/logs?q=user.id:{draw.randrange(16_384, 116_384)}&limit=100"
    yield "the map of the last 24 h", lambda: "/api/v1/map?start=now-24h"
    if "/api/v1/suggest" in collector.get("/openapi.json")["paths"]:
        yield "completion", lambda: "/api/v1/suggest?q=http.r"


def _timed(collector: Collector, name: str, path: Callable[[], str]) -> Timing:
    print(f"asking: {name}", file=sys.stderr, flush=True)
    seconds: list[float] = []
    unanswered, end = 0, time.monotonic() + _LONGEST_SECONDS
    while len(seconds) < _RUNS and (not seconds or time.monotonic() < end):
        asked = path()
        began = time.perf_counter()
        try:
            collector.get(asked)
        except urllib.error.HTTPError as error:
            # Its time counts too: what query_timeout has ended is the slowest of all.
            unanswered += 1
            print(f"  {error.code} to {asked}: {error.read()[:200]!r}", file=sys.stderr, flush=True)
            error.close()
        seconds.append(time.perf_counter() - began)
    name = f"{name}, {len(seconds)} times" if len(seconds) < _RUNS else name
    name = f"{name}, {unanswered} UNANSWERED" if unanswered else name
    return Timing(name, asked, percentile(seconds, 50), percentile(seconds, 99))
