"""One whole measurement: start a collector, send, wait until all can be found, ask, stop, weigh."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import floor, queries
from bench.collector import Collector, folder_bytes
from bench.disk import Stored, stored
from bench.ids import Shape
from bench.load import Load, Plan, Tally
from bench.progress import Progress
from bench.stats import percentile

_POLL_SECONDS = 0.5
_DRAIN_SECONDS = 600.0
_BURST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    seconds: float
    clients: int
    spans: int
    burst: bool


@dataclass(frozen=True, slots=True)
class Phase:
    """Spans sent as fast as they were answered, until all of them could be searched. Times are in seconds."""

    name: str
    seconds: float
    spans: int
    seconds_to_searchable: float
    p50: float
    p99: float
    collector_cpu_seconds: float
    client_cpu_seconds: float
    bytes_sent: int
    errors: dict[str, int]

    @property
    def acknowledged_per_second(self) -> float:
        """Over the time in which clients sent."""
        return self.spans / self.seconds

    @property
    def searchable_per_second(self) -> float:
        """Over the time from the first body until the last span could be found."""
        return self.spans / self.seconds_to_searchable

    @property
    def cpu_per_span(self) -> float:
        """Microseconds of the whole collector process, loading and merging included."""
        return self.collector_cpu_seconds / max(self.spans, 1) * 1e6


@dataclass(slots=True)
class Report:
    """Everything that a run found out."""

    machine: str
    cores: int
    options: Options
    seconds_to_ready: float
    idle_memory: int = 0
    phases: list[Phase] = field(default_factory=list)
    peak_memory: int = 0
    log_records: int = 0
    queries: list[queries.Timing] = field(default_factory=list)
    folder: dict[str, int] = field(default_factory=dict)
    stored: list[Stored] = field(default_factory=list)
    floor: floor.Floor | None = None


def measure(options: Options, folder: Path) -> Report:
    """Run everything on a collector of its own whose data lie in this folder."""
    shape = Shape(spans=options.spans)
    collector = Collector(folder / "data", folder / "collector.log")
    report = Report(platform.platform(terse=True), os.cpu_count() or 0, options, collector.start())
    try:
        report.idle_memory = collector.memory()
        if options.burst:
            plan = Plan(collector.http, _BURST_SECONDS, options.clients, run=1, shape=shape)
            report.phases.append(_phase("burst", collector, plan))
        plan = Plan(collector.http, options.seconds, options.clients, run=0, shape=shape)
        report.phases.append(_phase("sustained", collector, plan))
        report.peak_memory = collector.peak_memory()
        report.log_records = queries.prepare(collector)
        sequences = report.phases[-1].spans // shape.spans // options.clients
        report.queries = queries.ask(collector, shape, run=0, sequences=sequences)
    finally:
        collector.stop()
    report.floor = floor.measure(shape)
    report.folder = folder_bytes(collector.data)
    report.stored = stored(collector.data)
    return report


def _phase(name: str, collector: Collector, plan: Plan) -> Phase:
    before, cpu = collector.span_count(), collector.cpu_seconds()
    load = Load(plan)
    load.start()
    began = time.monotonic()
    progress = Progress(name, plan.seconds)
    while load.sending():
        time.sleep(_POLL_SECONDS)
        progress.show(load.acknowledged(), collector.span_count() - before)
    tally = load.result()
    spans = tally.bodies * plan.shape.spans
    searchable = _wait_until_searchable(collector, before, spans, progress)
    progress.end()
    return _phase_of(name, tally, spans, (tally.finished - began, searchable - began), collector.cpu_seconds() - cpu)


def _wait_until_searchable(collector: Collector, before: int, spans: int, progress: Progress) -> float:
    """Wait for the last span; raises `TimeoutError` when it does not come."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    while (found := collector.span_count() - before) < spans:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Of {spans:,} acknowledged spans only {found:,} can be searched after ten minutes.")
        progress.show(spans, found)
        time.sleep(_POLL_SECONDS / 5)
    progress.show(spans, found)
    return time.monotonic()


def _phase_of(name: str, tally: Tally, spans: int, seconds: tuple[float, float], cpu: float) -> Phase:
    return Phase(
        name=name,
        seconds=seconds[0],
        spans=spans,
        seconds_to_searchable=seconds[1],
        p50=percentile(tally.seconds_to_answer, 50),
        p99=percentile(tally.seconds_to_answer, 99),
        collector_cpu_seconds=cpu,
        client_cpu_seconds=tally.cpu_seconds,
        bytes_sent=tally.bytes_sent,
        errors=dict(tally.errors),
    )
