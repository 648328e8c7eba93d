"""Memory runs short: what is acknowledged is kept, and a collector that it did not kill goes on when there is some."""

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


def test_without_memory_a_collector_spools_or_refuses_or_dies_and_has_kept_what_it_acknowledged(
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
        # They do not wait long for an answer: what Python cannot allocate may be one.
        sending = promise.exporters(collector.http, count=4, timeout=5.0, pause=0.0, shape=LARGE)
        for each in sending:
            each.start()
        wait_until(lambda: is_short(collector, sending), sending)
        died, again = collector.process.poll() is not None, resent(sending)
        if died:
            collector.start()
        else:
            resource.prlimit(pid, resource.RLIMIT_AS, usual)
        promise.wait_for_more(sending)
        promise.see_through(collector, sending, before)
        with capsys.disabled():
            print(f"\nwithout memory: {again} attempts repeated before {'it died' if died else 'there was some again'}")
        assert promise.answers(collector)
        assert collector.stop() == 0
    finally:
        collector.kill()


def answered(sending: Sequence[Exporter], status: int) -> int:
    return sum(each.statuses[status] for each in sending)


def is_short(collector: Collector, sending: Sequence[Exporter]) -> bool:
    """Whether the store, a sender or the process has met the want of memory."""
    store = b"Cannot allocate memory" in collector.output.read_bytes()
    return store or resent(sending) > 0 or collector.process.poll() is not None


def resent(sending: Sequence[Exporter]) -> int:
    """How many attempts followed one that was refused or not answered."""
    return sum(each.resent for each in sending)


def wait_until(seen: Callable[[], bool], sending: Sequence[Exporter]) -> None:
    """Raises `TimeoutError` after a minute."""
    deadline = time.monotonic() + promise.SEARCHABLE_WITHIN_SECONDS
    while not seen():
        if time.monotonic() > deadline:
            raise TimeoutError(f"seed {promise.SEED}: {[each.statuses for each in sending]}")
        time.sleep(0.02)


def address_space(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
