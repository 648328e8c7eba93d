"""`kill -9` at random moments of an ingest run: what was acknowledged is found, and found once.

`SPANWISE_KILLS` and `SPANWISE_SEED` choose another number and repeat a run; `make soak` kills a thousand times.
"""

from __future__ import annotations

import os
import random
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.collector import Collector
from bench.ids import BodyIds, Shape
from bench.ledger import Ledger
from tests.faults.exporter import Exporter

KILLS = int(os.environ.get("SPANWISE_KILLS", "50"))
SEED = int(os.environ.get("SPANWISE_SEED", str(random.randrange(2**32))))

EXPORTERS = 4
# One body is one part of one trace, and a trace has a part from each exporter.
SHAPE = Shape(spans=32, spans_of_trace=32)

LONGEST_LIFE_SECONDS = 1.0
DIES_WHILE_STARTING = 0.1
LONGEST_START_SECONDS = 1.0
SEARCHABLE_WITHIN_SECONDS = 60.0


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    collector = Collector(tmp_path / "data", tmp_path / "collector.log")
    yield collector
    collector.kill()


@pytest.mark.timeout(900)
def test_every_acknowledged_span_survives_kill_once(collector: Collector, capsys: pytest.CaptureFixture[str]) -> None:
    exporters = [Exporter(number, collector.http, SHAPE, SEED) for number in range(EXPORTERS)]
    starts = _kill_again_and_again(collector, exporters)
    ledger = Ledger().join(exporter.ledger for exporter in exporters)
    owed = sum(body.shape.spans for body in ledger.acknowledged)
    _wait_until_searchable(collector, owed)

    found = _spans_of_all_traces(collector, max(exporter.sequence for exporter in exporters))
    audit = ledger.audit(found)
    with capsys.disabled():
        resent = sum(exporter.resent for exporter in exporters)
        print(f"\nkill -9, seed {SEED}: {KILLS} kills; {audit}; {resent:,} attempts were repeated;", end=" ")
        print(f"ready again after {max(starts):.1f} s at worst")

    assert [answer for exporter in exporters for answer in exporter.refused] == []
    assert audit.kept, f"seed {SEED}: {audit}\n{collector.last_words()}"
    assert collector.span_count() == found.total()
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


def _wait_until_searchable(collector: Collector, spans: int) -> None:
    deadline = time.monotonic() + SEARCHABLE_WITHIN_SECONDS
    while collector.span_count() < spans and time.monotonic() < deadline:
        time.sleep(0.1)


def _spans_of_all_traces(collector: Collector, sequences: int) -> Counter[str]:
    """How often each span is in the answers to a request for each trace that was sent."""
    found: Counter[str] = Counter()
    for sequence in range(sequences):
        (trace_id,) = BodyIds(SHAPE, run=0, client=0, sequence=sequence).trace_ids()
        try:
            trace = collector.get(f"/api/v1/traces/{trace_id}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            error.close()
            continue
        found.update(span["span_id"] for span in trace["spans"])
    return found
