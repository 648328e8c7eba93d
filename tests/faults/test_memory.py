"""Memory runs short: what cannot be taken is refused, and a collector that it kills has kept what it acknowledged."""

from __future__ import annotations

import resource
import time
from pathlib import Path

from bench.collector import Collector
from tests.faults import promise

_PRESSURE_SECONDS = 0.5
_ROOM = 4 << 20


def test_without_memory_what_cannot_be_done_is_refused_or_it_dies_as_by_kill_9(tmp_path: Path) -> None:
    collector = Collector(tmp_path / "data", tmp_path / "collector.log")
    collector.start()
    try:
        with promise.exporting(collector, count=2) as sending:
            pid = collector.process.pid
            usual = resource.prlimit(pid, resource.RLIMIT_AS)
            resource.prlimit(pid, resource.RLIMIT_AS, (_address_space(pid) + _ROOM, usual[1]))
            time.sleep(_PRESSURE_SECONDS)
            if collector.process.poll() is None:
                resource.prlimit(pid, resource.RLIMIT_AS, usual)
            else:
                collector.start()
            promise.wait_for_more(sending)
        assert promise.answers(collector)
        assert collector.stop() == 0
    finally:
        collector.kill()


def _address_space(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
