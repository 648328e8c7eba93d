"""Memory runs short: what cannot be taken is refused, and a collector that it kills has kept what it acknowledged."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bench.collector import Collector
from bench.ids import Shape
from tests.faults import promise
from tests.faults.exporter import Exporter

# Bodies of 430 kB, of which the wire has a fifth: none of them fits into what a process has left over.
LARGE = Shape(spans=1024, spans_of_trace=1024)


def test_bodies_beyond_what_memory_may_hold_are_refused_with_429_and_taken_when_they_come_again(tmp_path: Path) -> None:
    collector = Collector(tmp_path / "data", tmp_path / "collector.log", flags=("--max-inflight-bytes", "600KiB"))
    collector.start()
    try:
        with promise.exporting(collector, count=6, pause=0.0, shape=LARGE) as sending:
            wait_until(lambda: answered(sending, 429) > 0, sending)
            promise.wait_for_more(sending, 6)
        refused = collector.get("/api/v1/health")["refused_total"]
        assert [(each["signal"], each["reason"], each["requests"]) for each in refused] == [
            ("traces", "overloaded", answered(sending, 429))
        ]
        assert {status for each in sending for status in each.statuses} == {200, 429}
        assert collector.stop() == 0
    finally:
        collector.kill()


def test_without_memory_what_cannot_be_done_is_refused_or_it_dies_as_by_kill_9(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    collector = Collector(tmp_path / "data", tmp_path / "collector.log")
    collector.start()
    try:
        with promise.exporting(collector, count=2):
            pass
        before = collector.span_count()
        pid = collector.process.pid
        usual = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (address_space(pid), usual[1]))
        sending = promise.exporters(collector.http, count=4, pause=0.0, shape=LARGE)
        for each in sending:
            each.start()
        wait_until(lambda: answered(sending, 503) > 0 or collector.process.poll() is not None, sending)
        refusals, died = answered(sending, 503), collector.process.poll() is not None
        if died:
            collector.start()
        else:
            resource.prlimit(pid, resource.RLIMIT_AS, usual)
        promise.wait_for_more(sending)
        promise.see_through(collector, sending, before)
        with capsys.disabled():
            print(f"\nwithout memory: {refusals} refusals before {'it died' if died else 'there was some again'}")
        assert died or refusals
        assert promise.answers(collector)
        assert collector.stop() == 0
    finally:
        collector.kill()


def answered(sending: Sequence[Exporter], status: int) -> int:
    return sum(each.statuses[status] for each in sending)


def wait_until(seen: Callable[[], bool], sending: Sequence[Exporter]) -> None:
    """Raises `TimeoutError` after a minute."""
    deadline = time.monotonic() + promise.SEARCHABLE_WITHIN_SECONDS
    while not seen():
        if time.monotonic() > deadline:
            raise TimeoutError(f"seed {promise.SEED}: {[each.statuses for each in sending]}")
        time.sleep(0.02)


def address_space(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
