"""The figures as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from bench.queries import RUNS
from bench.run import Phase, Report
from bench.stats import bytes_text

_WIDTH = 44


def as_json(report: Report) -> str:
    """Every figure, durations in seconds unless the name says otherwise."""
    content = asdict(report)
    for phase, figures in zip(report.phases, content["phases"], strict=True):
        figures["acknowledged_per_second"] = phase.acknowledged_per_second
        figures["searchable_per_second"] = phase.searchable_per_second
        figures["cpu_microseconds_per_span"] = phase.cpu_per_span
    content["bytes_per_span"] = bytes_per_span(report)
    return json.dumps(content, indent=2) + "\n"


def as_text(report: Report) -> str:
    """The same as a table that fits a terminal."""
    return "\n".join(_lines(report)) + "\n"


def bytes_per_span(report: Report) -> float:
    """What the table of spans takes on disk for one of them; 0 where it could not be read."""
    return next((table.bytes / table.rows for table in report.stored if table.table == "spans"), 0.0)


def _lines(report: Report) -> Iterator[str]:
    options = report.options
    yield ""
    yield f"{report.machine}, {report.cores} cores, clients on the same ones"
    yield f"{options.clients} clients x {options.spans} spans a body, OTLP/HTTP protobuf, gzip, keep-alive"
    for phase in report.phases:
        yield from _phase(phase)
    yield from ("", "collector")
    yield _row("start to ready", f"{report.seconds_to_ready:.2f} s")
    yield _row("memory, idle", bytes_text(report.idle_memory))
    yield _row("memory, peak", bytes_text(report.peak_memory))
    yield from _disk(report)
    yield from _queries(report)
    yield from _floor(report)


def _phase(phase: Phase) -> Iterator[str]:
    yield from ("", f"{phase.name}: {phase.seconds:.1f} s, {phase.spans:,} spans")
    yield _row("acknowledged (on disk)", f"{phase.acknowledged_per_second:,.0f} spans/s")
    yield _row(
        "searchable",
        f"{phase.searchable_per_second:,.0f} spans/s, the last one after {phase.seconds_to_searchable:.1f} s",
    )
    yield _row("acknowledgement p50, p99", f"{phase.p50 * 1e3:.1f} ms, {phase.p99 * 1e3:.1f} ms")
    yield _row("CPU of the collector", f"{phase.cpu_per_span:.2f} µs/span")
    clients = phase.client_cpu_seconds / max(phase.spans, 1) * 1e6
    yield _row("CPU of the clients", f"{clients:.2f} µs/span")
    yield _row("sent", f"{bytes_text(phase.bytes_sent)}, {phase.bytes_sent / max(phase.spans, 1):.0f} B/span")
    errors = ", ".join(f"{count} {what}" for what, count in sorted(phase.errors.items()))
    yield _row("errors", errors or "none")


def _disk(report: Report) -> Iterator[str]:
    yield _row("bytes a span on disk", f"{bytes_per_span(report):.1f} B")
    for table in report.stored:
        yield _row(f"  table {table.table}", f"{bytes_text(table.bytes)}, {table.rows:,} rows, {table.parts} parts")
    for name, size in report.folder.items():
        yield _row(f"  folder {name}", bytes_text(size))


def _queries(report: Report) -> Iterator[str]:
    yield from (
        "",
        f"queries at rest over HTTP, {RUNS} of each; {report.log_records:,} log records beside the spans",
    )
    for timing in report.queries:
        yield _row(timing.name, f"p50 {timing.p50 * 1e3:.1f} ms, slowest {timing.p99 * 1e3:.1f} ms")


def _floor(report: Report) -> Iterator[str]:
    if report.floor is None:
        return
    yield from ("", "floor, measured in this run: one thread, the same bodies, nothing stored")
    yield _row("parse with upb", f"{report.floor.parse:.2f} µs/span, {1e6 / report.floor.parse:,.0f} spans/s")
    yield _row("inflate", f"{report.floor.inflate:.2f} µs/span")


def _row(name: str, value: str) -> str:
    return f"  {name:<{_WIDTH}} {value}"
