"""How long verdicts take: on a window of a million spans, and on a trace of a thousand."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Final

from bench.collector import Collector
from bench.diagnosis.recorded import SERVER, Sender, Span, Window
from bench.diagnosis.recordings import ask
from bench.diagnosis.serving import Recording
from bench.diagnosis.systems import SHOP

_SECOND: Final = 1_000_000_000
_LENGTH: Final = 60 * _SECOND
_WINDOW_SPANS: Final = 1_000_000
_BASELINE_SPANS: Final = 250_000
_TRACE_SPANS: Final = 1_000
# Of 128 bits, as most senders make them.
_TRACE: Final = 0x4BF92F3577B34DA6A3CE929D0E0E4736
_ROUNDS: Final = 5


def run(collector: Collector) -> str:
    """The middle one of five, each asked over HTTP, and the processor time of one on average."""
    recording = Recording(SHOP, 1, _LENGTH).run()
    clock = time.time_ns() - 10 * _LENGTH
    sender = Sender(collector)
    print("loading a million spans", file=sys.stderr)
    _copies(sender, recording, _BASELINE_SPANS, clock)
    _copies(sender, recording, _WINDOW_SPANS, clock + 2 * _LENGTH)
    sender.spans(_large_trace(), clock + 4 * _LENGTH)
    sender.settle()
    baseline = Window(clock, clock + _LENGTH)
    window = baseline.shifted(2 * _LENGTH)
    took, used = [], collector.cpu_seconds()
    for _ in range(_ROUNDS):
        verdict, seconds = ask(collector, window, baseline)
        took.append(seconds)
    used_by_window = (collector.cpu_seconds() - used) / _ROUNDS
    spans, records = (verdict["checked"]["window"][key] for key in ("span_count", "record_count"))
    sample = verdict["checked"]["sample"]
    trace, used = [], collector.cpu_seconds()
    for _ in range(_ROUNDS):
        began = time.monotonic()
        collector.get(f"/api/v1/traces/{_TRACE:032x}/diagnosis")
        trace.append(time.monotonic() - began)
    used_by_trace = (collector.cpu_seconds() - used) / _ROUNDS
    return (
        f"window of {_WINDOW_SPANS:,} spans ({spans:,} counted, one trace in {sample}) and {records:,} log records:"
        f" {sorted(took)[_ROUNDS // 2]:.2f} s (goal 2 s), {used_by_window:.2f} s of processor\n"
        f"trace of {_TRACE_SPANS:,} spans: {1000 * sorted(trace)[_ROUNDS // 2]:.0f} ms (goal 150 ms),"
        f" {1000 * used_by_trace:.0f} ms of processor"
    )


def _copies(sender: Sender, recording: Recording, spans: int, clock: int) -> None:
    """The same minute as often as makes so many spans, each time with other ids and a little later."""
    for number in range(spans // len(recording.spans)):
        shift = clock + number * 1_000_003
        change = (number + 1) << 64 | clock % (1 << 60)
        sender.spans([replace(each, trace=each.trace ^ change) for each in recording.spans], shift)
        sender.records([replace(each, trace=each.trace ^ change) for each in recording.records], shift)


def _large_trace() -> list[Span]:
    """A root with calls one after the other, a statement below each."""
    made = [Span(_TRACE, 1, 0, "gateway", "gateway-1", "GET /products", SERVER, 0, _TRACE_SPANS * 1_000_000)]
    for number in range(2, _TRACE_SPANS + 1):
        above = 1 if number % 2 else number + 1
        service = "gateway" if number % 2 else "catalog"
        start = number // 2 * 1_900_000
        made.append(
            Span(
                _TRACE,
                number,
                min(above, _TRACE_SPANS),
                service,
                f"{service}-1",
                "GET",
                3,
                start,
                start + 1_800_000,
            )
        )
    return made
