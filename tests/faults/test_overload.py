"""More is offered than can be taken: what is refused may be sent again, what is taken is kept, and it passes."""

from __future__ import annotations

import time
from pathlib import Path

from bench.collector import Collector
from tests.faults import promise

# Generous, for any machine: what is offered must not lie in memory, where it would have no end.
MOST_MEMORY = 2 * 2**30


def test_overload_is_refused_with_429_and_503_alone_and_leaves_nothing_behind(tmp_path: Path) -> None:
    limits = ("--spool-max-bytes", "1MiB", "--max-inflight-bytes", "32KiB", "--spool-brake-bytes", "1GiB")
    collector = Collector(tmp_path / "data", tmp_path / "collector.log", flags=limits)
    collector.start()
    try:
        with promise.exporting(collector, count=12, pause=0.0) as sending:
            promise.wait_for_more(sending, 100)
        # Seen through and found, each once, as `exporting` checks: here is how.
        assert {status for each in sending for status in each.statuses} == {200, 429}
        assert collector.peak_memory() < MOST_MEMORY
        refused = collector.get("/api/v1/health")["refused"]
        assert {each["reason"] for each in refused} <= {"overloaded", "spool_full"}
        assert sum(each["requests"] for each in refused) == sum(each.statuses[429] for each in sending) > 0
        while collector.get("/api/v1/status")["waiting_bytes"]:
            time.sleep(0.02)
        with promise.exporting(collector, count=1) as after:
            promise.wait_for_more(after)
        assert {status for each in after for status in each.statuses} == {200}
        health = collector.get("/api/v1/health")
        assert (health["set_aside"], health["waiting_bytes"]) == ([], 0)
        assert collector.stop() == 0
    finally:
        collector.kill()
