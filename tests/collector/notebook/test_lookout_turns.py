"""Whose turn it is to look, with a clock that ticks when the test says so."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import pytest
from spanwise_collector.diagnose.thresholds import DEFAULTS
from spanwise_collector.errors import NotebookError
from spanwise_collector.lookout import Lookout
from spanwise_collector.notebook import Notebook
from spanwise_collector.settings import Settings

SETTINGS = Settings.load(["--store", "clickhouse://shared:8123/spanwise", "--look-interval", "60s"])
BEAT = 10


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Looker(Lookout):
    """Notes when it looks, by the clock, and does nothing else; its process may be killed."""

    def __init__(self, notebook: Notebook, name: str, clock: Clock, seen: list[tuple[str, float]]) -> None:
        super().__init__(cast(Any, None), notebook, SETTINGS, name, DEFAULTS, clock)
        self.name, self.clock, self.seen = name, clock, seen
        self.alive = True

    def look(self, now: int) -> None:
        self.seen.append((self.name, self.clock.now))

    def tick(self) -> None:
        """What happens within a second of its life: a beat every ten of them, and a look when it is due."""
        if self.alive and self.clock.now % BEAT == 0:
            self.renew()
        if self.alive:
            self.look_when_due()


def run(clock: Clock, until: float, *lookers: Looker) -> None:
    while clock.now < until:
        clock.now += 1
        for each in lookers:
            each.tick()


def test_one_of_two_looks_once_a_minute(notebook: Notebook) -> None:
    clock, seen = Clock(), list[tuple[str, float]]()
    lookers = [Looker(notebook, name, clock, seen) for name in ("one", "other")]
    run(clock, 200, *lookers)
    assert seen == [("one", 60), ("one", 120), ("one", 180)]


@pytest.mark.parametrize("killed", [61, 75, 119, 120])
def test_where_the_one_that_looks_is_killed_the_other_looks_within_forty_seconds(
    notebook: Notebook, killed: int
) -> None:
    clock, seen = Clock(), list[tuple[str, float]]()
    one, other = (Looker(notebook, name, clock, seen) for name in ("one", "other"))
    run(clock, killed, one, other)
    one.alive = False
    run(clock, 300, one, other)
    taken_over = next(when for name, when in seen if name == "other")
    assert taken_over - killed <= 40
    times = [when for _, when in seen]
    assert max(after - before for before, after in pairwise(times)) <= 100
    assert {name for name, when in seen if when > killed} == {"other"}


def test_a_look_that_takes_longer_than_the_lease_lasts_keeps_it(notebook: Notebook) -> None:
    clock, seen = Clock(), list[tuple[str, float]]()
    one, other = (Looker(notebook, name, clock, seen) for name in ("one", "other"))
    run(clock, 60, one, other)
    for _ in range(20):
        # It is busy looking: only its beats go on.
        clock.now += BEAT
        one.renew()
        other.tick()
    assert seen == [("one", 60)]


def test_who_stops_leaves_its_turn_at_once_and_takes_it_no_more(notebook: Notebook) -> None:
    clock, seen = Clock(), list[tuple[str, float]]()
    one, other = (Looker(notebook, name, clock, seen) for name in ("one", "other"))
    run(clock, 65, one, other)
    one.stop()
    run(clock, 100, one, other)
    assert seen == [("one", 60), ("other", 70)]


def test_without_the_notebook_nobody_looks_and_that_is_said_once(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, seen = Clock(), list[tuple[str, float]]()
    one = Looker(notebook, "one", clock, seen)
    run(clock, 50, one)

    def away() -> bool:
        raise NotebookError("The notebook is away.")

    with monkeypatch.context() as patched:
        patched.setattr(one._lease, "held", away)
        run(clock, 100, one)
    assert [record.getMessage() for record in caplog.records] == [
        "Nobody can look for what is broken: The notebook is away."
    ]
    run(clock, 110, one)
    assert seen == [("one", 110)]
