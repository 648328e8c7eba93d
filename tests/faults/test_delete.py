"""A deletion that is killed again and again comes to its end: nothing returns, and nothing fresh goes with it."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from tests import factories
from tests.collector.keeping.folder import stored
from tests.collector.process import eventually, process
from tests.factories import span, trace_ids

KILLS = 5
SEED = int(os.environ.get("SPANWISE_SEED", str(random.randrange(2**32))))


def test_a_deletion_goes_on_after_every_kill_while_spans_come_in(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    moments = random.Random(SEED)
    old = [(each, "canary" if number % 2 else "other") for number, each in enumerate(trace_ids(40))]
    fresh: list[str] = []
    with process(tmp_path) as collector:
        for each, user in old:
            spans = [span(each, number, attributes={"user": user}) for number in (1, 2)]
            assert collector.post("/v1/traces", factories.traces(spans).SerializeToString()).status_code == 200
        wish = {"key": "user", "value": "canary"}
        assert collector.client.post("/api/v1/admin/delete", json=wish).status_code == 202
        time.sleep(moments.uniform(0, 1))
        collector.popen.send_signal(signal.SIGKILL)
        collector.popen.wait()
    for _ in range(KILLS):
        with process(tmp_path) as collector:
            # Of the same minute, and one with the value: it was not there when the deletion was asked for.
            for each, user in zip(trace_ids(2), ("canary", "other"), strict=True):
                body = factories.traces([span(each, attributes={"user": user})]).SerializeToString()
                assert collector.post("/v1/traces", body).status_code == 200
                fresh.append(each)
            time.sleep(moments.uniform(0, 0.5))
            collector.popen.send_signal(signal.SIGKILL)
            collector.popen.wait()
    with process(tmp_path) as collector:
        assert eventually(lambda: list((tmp_path / "erasures").iterdir()), lambda left: not left) == []
        collector.settle()
        found = [collector.client.get(f"/api/v1/traces/{each}").status_code for each, _ in old]
        assert found == [404 if user == "canary" else 200 for _, user in old]
        assert [collector.get(f"/traces/{each}")["span_count"] for each in fresh] == [1] * len(fresh)
        assert collector.stop()[0] == 0
    left = stored(tmp_path)
    assert {left["sums"][name] for name in ("spans", "span_stats", "traces")} == {40 + len(fresh)}
    assert (left["unknown_parts"], "erasing" in left["tables"]) == ([], False)
