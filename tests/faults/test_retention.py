"""Retention drops old days from every table; what is fresh or still in the spool stays, over kills."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode

from tests import factories
from tests.collector.keeping.folder import stored
from tests.collector.keeping.test_delete import bodies
from tests.collector.process import Process, eventually, process
from tests.factories import span, trace_ids

DAY = 86_400_000_000_000
LIVES = 3


def test_old_days_go_from_every_table_during_ingest_and_kills(tmp_path: Path) -> None:
    old, waiting = trace_ids(3), trace_ids(1)[0]
    for number, each in enumerate(old):
        arrive(tmp_path / "spool", time.time_ns() - (10 + number) * DAY, bodies(each, each, user="old"))
    with process(tmp_path, "--retention", "30d") as collector:
        collector.settle()
        assert [collector.get(f"/traces/{each}")["span_count"] for each in old] == [2] * 3
        kill(collector)
    # As old as what goes, but not stored yet: it is stored and then goes as well, and is not dropped unread.
    arrive(tmp_path / "spool", time.time_ns() - 9 * DAY, bodies(waiting, waiting, user="old"))
    fresh: list[str] = []
    for _ in range(LIVES):
        with process(tmp_path, "--retention", "7d") as collector:
            fresh += send_some(collector, 20)
            kill(collector)
    with process(tmp_path, "--retention", "7d") as collector:
        collector.settle()
        kill(collector)
    with process(tmp_path, "--retention", "7d") as collector:
        statuses = eventually(
            lambda: [collector.client.get(f"/api/v1/traces/{each}").status_code for each in (*old, waiting)],
            lambda found: found == [404] * 4,
        )
        assert statuses == [404] * 4
        assert [collector.get(f"/traces/{each}")["span_count"] for each in fresh] == [1] * len(fresh)
        assert collector.stop()[0] == 0
    left = stored(tmp_path)
    count = len(fresh)
    assert left["sums"] == {
        "spans": count,
        "logs": 0,
        "metric_points": 0,
        "span_stats": count,
        "traces": count,
        "errors": 0,
    }


def arrive(spool: Path, received: int, given: dict[Signal, bytes]) -> None:
    """What a collector had acknowledged at that time and had not stored when it was killed."""
    spool.mkdir(parents=True, exist_ok=True)
    for number, (kind, body) in enumerate(given.items()):
        frame = encode(kind, "default", received, body)
        (spool / f"{received + number:020d}.{kind}").write_bytes(b"".join(frame.buffers))


def send_some(collector: Process, count: int) -> list[str]:
    ids = trace_ids(count)
    for each in ids:
        body = factories.traces([span(each)]).SerializeToString()
        assert collector.post("/v1/traces", body).status_code == 200
    return ids


def kill(collector: Process) -> None:
    collector.popen.send_signal(signal.SIGKILL)
    collector.popen.wait()
