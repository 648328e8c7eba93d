"""`kill -9` at random moments of an ingest run: what was acknowledged is found, and found once.

`SPANWISE_KILLS` and `SPANWISE_SEED` choose another number and repeat a run; `make soak` kills a thousand times.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.collector import Collector
from tests.faults import promise
from tests.faults.calls import killed_after_a_write
from tests.faults.exporter import Exporter
from tests.faults.promise import SEED

KILLS = int(os.environ.get("SPANWISE_KILLS", "50"))

LONGEST_LIFE_SECONDS = 1.0
DIES_WHILE_STARTING = 0.1
LONGEST_START_SECONDS = 1.0


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    collector = Collector(tmp_path / "data", tmp_path / "collector.log")
    yield collector
    collector.kill()


# A kill takes two seconds or so; the long run has a thousand.
@pytest.mark.timeout(300 + 18 * KILLS)
def test_every_acknowledged_span_survives_kill_once(collector: Collector, capsys: pytest.CaptureFixture[str]) -> None:
    exporters = promise.exporters(collector.http)
    starts = _kill_again_and_again(collector, exporters)
    audit = promise.audit(collector, exporters)
    with capsys.disabled():
        resent = sum(exporter.resent for exporter in exporters)
        print(f"\nkill -9, seed {SEED}: {KILLS} kills; {audit}; {resent:,} attempts were repeated;", end=" ")
        print(f"ready again after {max(starts):.1f} s at worst")

    promise.assert_kept(collector, exporters, audit)
    assert collector.stop() == 0


def test_killed_while_the_engine_names_what_it_stores_every_span_is_there_once(
    collector: Collector, tmp_path: Path
) -> None:
    exporters = promise.exporters(collector.http)
    collector.start()
    for exporter in exporters:
        exporter.start()
    promise.wait_for_some(collector, exporters)
    for table in ("spans", "traces"):
        # The engine notes an insert here and then names its part: ADR-0230.
        (notes,) = (collector.data / "store" / "data" / "default" / table).resolve().glob("deduplication_logs/*.txt")
        killed_after_a_write(collector.process, notes, tmp_path / "strace")
        collector.start()
        promise.wait_for_more(exporters)
    for exporter in exporters:
        exporter.ask_to_finish()
    promise.see_through(collector, exporters, 0)
    assert collector.stop() == 0


def _kill_again_and_again(collector: Collector, exporters: list[Exporter]) -> list[float]:
    """Seconds until ready of each life that lasted so long. The last life is left running, the exporters done."""
    moments = random.Random(SEED)
    starts = [collector.start()]
    for exporter in exporters:
        exporter.start()
    for _ in range(KILLS):
        time.sleep(moments.uniform(0, LONGEST_LIFE_SECONDS))
        collector.kill()
        while moments.random() < DIES_WHILE_STARTING:
            collector.launch()
            time.sleep(moments.uniform(0, LONGEST_START_SECONDS))
            collector.kill()
        starts.append(collector.start())
    for exporter in exporters:
        exporter.finish(timeout=60.0)
    return starts
