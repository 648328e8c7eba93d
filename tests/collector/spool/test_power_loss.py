"""Power is lost at every point at which the spool touches the disk, and everything acknowledged is still there."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from tests.collector.spool.journal import Journal
from tests.collector.spool.memory import Disk, PowerLost, TickingClock


class Run:
    """A seeded run of appends, closes and releases against a store that remembers what it was given."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = TickingClock()
        self.acknowledged: set[bytes] = set()
        self.unknown: set[bytes] = set()
        self.store: dict[str, list[bytes]] = {}

    def work(self, disk: Disk, steps: int) -> None:
        journal = Journal(disk, self.clock)
        for _ in range(steps):
            self.clock.tick(self.chance.random())
            bodies = [self.chance.randbytes(self.chance.randint(1, 150)) for _ in range(self.chance.randint(1, 4))]
            self.unknown.update(bodies)
            done = journal.append(*bodies)
            self.acknowledged.update(bodies[:done])
            journal.writer.tend()
            while journal.closed and self.chance.random() < 0.5:
                self.load(journal)
                journal.release()

    def load(self, journal: Journal) -> None:
        """The store takes a segment whole and durably, once under its name."""
        segment = journal.closed[0]
        self.store.setdefault(segment.name, journal.bodies(segment))

    def check(self, disk: Disk) -> None:
        journal = Journal(disk, self.clock)
        while journal.closed:
            self.load(journal)
            journal.release()
        found = [body for bodies in self.store.values() for body in bodies]
        assert len(found) == len(set(found)), "stored twice"
        assert self.acknowledged <= set(found), "acknowledged and lost"
        assert set(found) <= self.unknown, "never sent"


def run_until(seed: int, stop: int) -> bool:
    """One run with power lost before operation number `stop`; False when the run has fewer operations."""
    run, disk = Run(seed), Disk()

    def cut(operation: str) -> None:
        if disk.operations == stop:
            raise PowerLost

    disk.before = cut
    try:
        run.work(disk, 12)
    except PowerLost:
        pass
    else:
        return False
    run.check(disk.lose_power(seed * 1000 + stop))
    return True


@pytest.mark.parametrize("seed", range(30))
def test_power_lost_at_every_operation_loses_and_doubles_nothing(seed: int) -> None:
    stop = 1
    while run_until(seed, stop):
        stop += 1
    assert stop > 40


@pytest.mark.parametrize("seed", range(200))
def test_power_lost_again_and_again_loses_and_doubles_nothing(seed: int) -> None:
    run, disk, chance = Run(seed), Disk(), random.Random(seed)
    for life in range(6):
        stop = chance.randint(1, 80)

        def cut(operation: str, disk: Disk = disk, stop: int = stop) -> None:
            if disk.operations >= stop:
                raise PowerLost

        disk.before = cut
        with suppress(PowerLost):
            run.work(disk, 12)
        disk = disk.lose_power(seed * 100 + life)
        if chance.random() < 0.3:
            run.clock.wall -= 3600 * 10**9
    run.check(disk)
