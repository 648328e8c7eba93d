"""A disk that fails: nothing is acknowledged that is not safe, and writing goes on when it works again."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable

import pytest
from spanwise_collector.spool import Segment, Signal
from spanwise_collector.spool.writer import Limits, SegmentWriter

from tests.collector.spool.journal import Journal
from tests.collector.spool.memory import Disk, TickingClock

FULL = OSError(errno.ENOSPC, "No space left on device")
BROKEN = OSError(errno.EIO, "Input/output error")


def fail_on(*operations: str, error: OSError | MemoryError = BROKEN) -> Callable[[str], None]:
    def before(operation: str) -> None:
        if operation in operations:
            raise error

    return before


def journal_with(body: bytes) -> tuple[Disk, TickingClock, Journal]:
    disk, clock = Disk(), TickingClock()
    journal = Journal(disk, clock)
    assert journal.append(body) == 1
    return disk, clock, journal


def test_a_segment_that_waits_to_be_full_is_closed_at_ten_times_its_age() -> None:
    _, clock, journal = journal_with(b"small")
    assert journal.writer.due(patient=True) == clock.seconds + 10
    clock.tick(9.9)
    journal.writer.tend(patient=True)
    assert journal.closed == []
    clock.tick(0.1)
    journal.writer.tend(patient=True)
    assert journal.all_bodies() == [b"small"]


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_a_segment_is_cut_and_closed_after_an_error_and_not_written_again(operation: str) -> None:
    disk, clock, journal = journal_with(b"good")
    disk.before = fail_on(operation)
    assert journal.append(b"bad") == 0
    assert journal.writer.error is BROKEN
    disk.before = lambda operation: None
    clock.tick(10)
    assert journal.append(b"later") == 1
    assert journal.writer.error is None
    journal.writer.close()
    assert [journal.bodies(segment) for segment in journal.closed] == [[b"good"], [b"later"]]


def test_a_lack_of_memory_is_a_failure_like_that_of_a_disk() -> None:
    disk, clock, journal = journal_with(b"good")
    disk.before = fail_on("write", error=MemoryError())
    assert (journal.append(b"bad"), str(journal.writer.error)) == (0, "[Errno 12] Cannot allocate memory")
    disk.before = lambda operation: None
    clock.tick(10)
    assert journal.append(b"later") == 1
    journal.writer.close()
    assert [journal.bodies(segment) for segment in journal.closed] == [[b"good"], [b"later"]]


def test_a_lack_of_memory_while_a_segment_is_closed_leaves_it_to_be_closed_later() -> None:
    disk, clock, journal = journal_with(b"good")
    disk.before = fail_on("rename", error=MemoryError())
    clock.tick(1)
    journal.writer.tend()
    assert (journal.closed, str(journal.writer.error)) == ([], "[Errno 12] Cannot allocate memory")
    disk.before = lambda operation: None
    clock.tick(10)
    journal.writer.tend()
    assert journal.all_bodies() == [b"good"]


def test_a_lack_of_memory_while_a_segment_is_handed_over_leaves_it_to_be_handed_over_later() -> None:
    clock = TickingClock()
    journal = Journal(Disk(), clock)
    room = False

    def hand_over(segment: Segment) -> None:
        if not room:
            raise MemoryError
        journal.closed.append(segment)

    journal.writer = SegmentWriter(journal.place, Signal.TRACES, Limits(400, 1.0), hand_over)
    assert journal.append(b"good") == 1
    clock.tick(1)
    journal.writer.tend()
    assert (journal.closed, str(journal.writer.error)) == ([], "[Errno 12] Cannot allocate memory")
    room = True
    clock.tick(10)
    assert journal.append(b"later") == 1
    journal.writer.close()
    assert [journal.bodies(segment) for segment in journal.closed] == [[b"good"], [b"later"]]


def test_what_cannot_be_cut_now_is_cut_and_closed_later() -> None:
    disk, clock, journal = journal_with(b"good")
    disk.before = fail_on("write", "truncate", "rename", "sync", "sync_folder", "create", error=FULL)
    assert journal.append(b"bad") == 0
    assert journal.closed == []
    disk.before = lambda operation: None
    clock.tick(10)
    journal.writer.tend()
    assert journal.all_bodies() == [b"good"]


def test_the_pause_after_failures_grows_to_a_limit() -> None:
    disk, clock, journal = journal_with(b"good")
    disk.before = fail_on("write", error=FULL)
    pauses = []
    for _ in range(10):
        assert journal.append(b"bad") == 0
        pauses.append(round(journal.writer.retry_at - clock.monotonic(), 3))
        clock.tick(100)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]


def test_a_batch_that_fails_in_its_middle_is_acknowledged_up_to_there() -> None:
    disk, clock = Disk(), TickingClock()
    journal = Journal(disk, clock, segment_bytes=100)
    syncs = 0

    def before(operation: str) -> None:
        nonlocal syncs
        syncs += operation == "sync"
        if operation == "sync" and syncs == 2:
            raise BROKEN

    disk.before = before
    assert journal.append(b"a" * 90, b"b" * 90, b"c" * 90) == 1
    disk.before = lambda operation: None
    journal.writer.close()
    assert journal.all_bodies() == [b"a" * 90]


@pytest.mark.parametrize("seed", range(100))
def test_errors_at_random_operations_lose_and_double_nothing(seed: int) -> None:
    chance, disk, clock = random.Random(seed), Disk(), TickingClock()
    journal = Journal(disk, clock)
    acknowledged: list[bytes] = []
    sent: set[bytes] = set()

    def before(operation: str) -> None:
        if chance.random() < 0.2:
            raise FULL if chance.random() < 0.5 else BROKEN

    disk.before = before
    for number in range(60):
        bodies = [b"%d-%d" % (number, n) for n in range(chance.randint(1, 5))]
        sent.update(bodies)
        acknowledged += bodies[: journal.append(*bodies)]
        clock.tick(chance.random() * 3)
        journal.writer.tend()
    in_this_process = journal.all_bodies()
    assert len(in_this_process) == len(set(in_this_process))
    disk.before = lambda operation: None
    found = Journal(disk.lose_power(seed), clock).all_bodies()
    assert len(found) == len(set(found))
    assert set(acknowledged) <= set(found) <= sent
    journal.writer.close()
    assert journal.all_bodies() == acknowledged
