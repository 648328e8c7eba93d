"""The spool as its users see it: asynchronous, joined, durable, bounded, once only."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from spanwise_collector.errors import SpoolFull, SpoolUnavailable
from spanwise_collector.spool import Receipt, Segment, Signal, Spool, SystemFiles
from spanwise_collector.spool.aside import lying
from spanwise_collector.spool.frame import scan

from tests.collector.spool.memory import Disk, TickingClock

NEW, REPEATED = Receipt(repeated=False), Receipt(repeated=True)
DAY = 86400.0


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Callable[..., Spool]]:
    """Opens spools on one folder, by default with segments that do not age, and closes them in the end."""
    opened: list[Spool] = []

    def opener(folder: Path = tmp_path / "spool", **options: Any) -> Spool:
        spool = Spool(folder, **{"segment_age": DAY} | options)
        opened.append(spool)
        spool.start()
        return spool

    yield opener
    for spool in opened:
        spool.close()


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


async def append_all(spool: Spool, *bodies: bytes, signal: Signal = Signal.TRACES) -> list[Any]:
    return await asyncio.gather(*(spool.append(signal, "p", body) for body in bodies), return_exceptions=True)


def bodies(segment: Segment) -> list[bytes]:
    data = segment.path.read_bytes()
    assert len(data) == segment.bytes
    return [data[f.body_start : f.end - 20] for f in scan(data, segment.signal)]


def drain(spool: Spool) -> list[Segment]:
    found = []
    while not spool.closed.empty():
        found.append(spool.closed.get())
    return found


def test_what_is_appended_is_in_a_closed_segment_in_order(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool()
    assert run(append_all(spool, b"one", b"two")) == [NEW, NEW]
    assert run(append_all(spool, b"three")) == [NEW]
    spool.close()
    [segment] = drain(spool)
    assert bodies(segment) == [b"one", b"two", b"three"]
    assert (segment.signal, segment.frames, segment.path.name) == (Signal.TRACES, 3, f"{segment.name}.traces")


def test_every_signal_has_segments_of_its_own(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool()
    for signal in Signal:
        run(append_all(spool, b"same", signal=signal))
    spool.close()
    found = drain(spool)
    assert sorted(segment.signal for segment in found) == sorted(Signal)
    assert len({segment.name for segment in found}) == 3


def test_a_segment_closes_when_it_is_full(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(segment_bytes=4096)
    run(append_all(spool, *(bytes([n]) * 1500 for n in range(7))))
    first, second = spool.closed.get(timeout=30), spool.closed.get(timeout=30)
    assert [len(bodies(first)), len(bodies(second))] == [3, 3]
    assert first.name < second.name


def test_a_segment_closes_when_what_is_in_it_is_heavy(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(segment_age=60)

    async def commit() -> None:
        for number in range(6):
            await spool.commit(spool.prepare(Signal.TRACES, "p", bytes([number]), weight=64 << 20))

    run(commit())
    first, second = spool.closed.get(timeout=30), spool.closed.get(timeout=30)
    assert [len(bodies(first)), len(bodies(second))] == [3, 3]


def test_a_segment_closes_by_age_without_new_traffic(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(segment_age=0.01)
    run(append_all(spool, b"alone"))
    assert bodies(spool.closed.get(timeout=30)) == [b"alone"]


def test_what_came_before_a_barrier_is_closed_however_far_the_store_is_behind(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(segment_bytes=200)
    stuck = []
    for letter in (b"s", b"t"):
        run(append_all(spool, letter * 200))
        stuck.append(spool.closed.get(timeout=30))
    run(append_all(spool, b"small"))
    passed = spool.barrier()
    asked = passed()
    closed = spool.closed.get(timeout=30)
    assert (asked, bodies(closed), passed()) == (False, [b"small"], False)
    spool.release(*stuck)
    assert not passed()
    spool.release(closed)
    assert passed()


def test_a_segment_closes_by_age_while_others_are_stuck(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(segment_bytes=200, segment_age=0.01)
    for letter in (b"s", b"t"):
        run(append_all(spool, letter * 200))
        spool.closed.get(timeout=30)
    run(append_all(spool, b"small"))
    assert bodies(spool.closed.get(timeout=30)) == [b"small"]


def test_what_arrives_together_shares_a_sync(open_spool: Callable[..., Spool]) -> None:
    files = CountingFiles()
    spool = open_spool(files=files)
    run(append_all(spool, *(b"%d" % n for n in range(2000))))
    assert files.syncs < 200


def test_a_body_sent_again_is_answered_and_not_stored(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool()
    assert run(append_all(spool, b"one")) == [NEW]
    assert run(append_all(spool, b"one")) == [REPEATED]
    spool.close()
    assert [bodies(segment) for segment in drain(spool)] == [[b"one"]]
    assert (spool.stats().frames, spool.stats().repeated) == (1, 1)


def test_equal_bodies_in_flight_share_one_outcome(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool()
    assert sorted(run(append_all(spool, b"one", b"one", b"one")), key=str) == [NEW, REPEATED, REPEATED]


def test_equal_bodies_in_flight_share_a_failure_too(open_spool: Callable[..., Spool]) -> None:
    disk = Disk()
    spool = open_spool(Path("/spool"), files=disk, clock=TickingClock())
    disk.before = _full
    found = run(append_all(spool, b"one", b"one"))
    assert [type(answer) for answer in found] == [SpoolUnavailable, SpoolUnavailable]


def test_projects_do_not_answer_for_each_other(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool()

    async def both() -> list[Receipt]:
        return [await spool.append(Signal.TRACES, project, b"one") for project in ("a", "b")]

    assert run(both()) == [NEW, NEW]


def test_a_cancelled_request_is_still_stored_and_found_again(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool()

    async def give_up() -> Receipt:
        task = asyncio.create_task(spool.append(Signal.TRACES, "p", b"one"))
        await asyncio.sleep(0)
        task.cancel()
        return await spool.append(Signal.TRACES, "p", b"one")

    assert run(give_up()) == REPEATED


def test_the_window_survives_a_restart_before_and_after_a_release(open_spool: Callable[..., Spool]) -> None:
    first = open_spool()
    run(append_all(first, b"one"))
    first.close()
    second = open_spool()
    assert run(append_all(second, b"one")) == [REPEATED]
    second.release(*drain(second))
    assert second.stats().bytes == 0
    second.close()
    third = open_spool()
    assert run(append_all(third, b"one", b"two")) == [REPEATED, NEW]


def test_after_the_window_a_body_counts_as_new(open_spool: Callable[..., Spool]) -> None:
    disk, clock = Disk(), TickingClock()
    spool = open_spool(Path("/spool"), files=disk, clock=clock)
    run(append_all(spool, b"one", b"two"))
    clock.tick(500)
    assert run(append_all(spool, b"one")) == [REPEATED]
    clock.tick(500)
    assert run(append_all(spool, b"one")) == [NEW]
    spool.close()
    spool.release(*drain(spool))
    again = open_spool(Path("/spool"), files=disk, clock=clock)
    assert run(append_all(again, b"two")) == [NEW]


def test_receipts_are_kept_in_few_files_and_purged(open_spool: Callable[..., Spool]) -> None:
    disk, clock = Disk(), TickingClock()
    spool = open_spool(Path("/spool"), files=disk, clock=clock, segment_bytes=1)
    counts = []
    for number in range(60):
        run(append_all(spool, b"%d" % number))
        spool.release(spool.closed.get(timeout=30))
        clock.tick(30)
        counts.append(sum(name.endswith(".receipts") for name in disk.names_now))
    assert max(counts) <= 13
    assert counts[-1] == counts[-10]


def test_released_segments_are_gone_and_others_come_again(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(segment_bytes=1)
    run(append_all(spool, b"one", b"two"))
    spool.close()
    kept, released = drain(spool)
    spool.release(released)
    spool.release(released)
    assert spool.stats().bytes == kept.bytes
    assert drain(open_spool()) == [kept]


def test_a_segment_that_is_set_aside_is_kept_with_its_reason_and_not_loaded_again(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    spool = open_spool()
    run(append_all(spool, b"poison"))
    spool.close()
    [segment] = drain(spool)
    kept = spool.set_aside(segment, tmp_path / "refused", "it cannot be read")
    assert [data for data in kept.read_bytes().split(b"\xc2") if b"poison" in data]
    assert kept.with_name(f"{kept.name}.reason").read_text() == "it cannot be read\n"
    assert spool.stats().bytes == 0
    again = open_spool()
    assert drain(again) == []
    assert run(append_all(again, b"poison")) == [REPEATED]
    again.close()
    assert lying(tmp_path / "refused") == {segment.name: "it cannot be read"}
    kept.rename(segment.path)
    assert lying(tmp_path / "refused") == {}
    assert drain(open_spool()) == [segment]


def test_a_disk_that_fails_while_a_segment_is_set_aside_is_asked_again(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    files = FailingFolders()
    spool = open_spool(files=files)
    run(append_all(spool, b"poison"))
    spool.close()
    [segment] = drain(spool)
    kept = tmp_path / "refused" / segment.path.name
    for failing in (1, 2, 3):
        files.good = failing - 1
        with pytest.raises(OSError, match="Input/output error"):
            spool.set_aside(segment, kept.parent, "it cannot be read")
    files.good = 100
    assert spool.set_aside(segment, kept.parent, "it cannot be read") == kept
    assert (b"poison" in kept.read_bytes(), segment.path.exists(), spool.stats().bytes) == (True, False, 0)


def test_a_full_spool_refuses_and_takes_again_after_a_release(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(max_bytes=4000, segment_bytes=1)
    assert run(append_all(spool, b"a" * 3000)) == [NEW]
    [refused] = run(append_all(spool, b"b" * 3000))
    assert isinstance(refused, SpoolFull)
    assert refused.delay is not None
    spool.release(spool.closed.get(timeout=30))
    assert run(append_all(spool, b"b" * 3000)) == [NEW]


def test_what_waits_from_before_counts_to_the_size(open_spool: Callable[..., Spool]) -> None:
    first = open_spool()
    run(append_all(first, b"a" * 3000))
    first.close()
    [refused] = run(append_all(open_spool(max_bytes=4000), b"b" * 3000))
    assert isinstance(refused, SpoolFull)


def test_a_spool_that_is_not_running_refuses(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert isinstance(run(append_all(spool, b"one"))[0], SpoolUnavailable)
    spool.start()
    spool.close()
    spool.close()
    assert isinstance(run(append_all(spool, b"one"))[0], SpoolUnavailable)


def test_everything_that_was_taken_before_the_close_is_answered(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool()

    async def close_under_load() -> list[Any]:
        tasks = [asyncio.create_task(spool.append(Signal.TRACES, "p", b"%d" % n)) for n in range(500)]
        await asyncio.sleep(0)
        await asyncio.to_thread(spool.close)
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = run(close_under_load())
    stored = [body for segment in drain(spool) for body in bodies(segment)]
    assert stored == [b"%d" % n for n, answer in enumerate(answers) if answer == NEW]
    assert all(answer == NEW or isinstance(answer, SpoolUnavailable) for answer in answers)


def test_errors_of_the_disk_refuse_until_it_works_again(open_spool: Callable[..., Spool]) -> None:
    disk, clock = Disk(), TickingClock()
    spool = open_spool(Path("/spool"), files=disk, clock=clock)
    assert run(append_all(spool, b"one")) == [NEW]
    disk.before = _full
    [refused] = run(append_all(spool, b"two"))
    assert isinstance(refused, SpoolUnavailable)
    assert "No space left on device" in refused.message
    assert spool.stats().error is not None
    disk.before = lambda operation: None
    [early] = run(append_all(spool, b"two"))
    assert isinstance(early, SpoolUnavailable)  # the pause after a failure is not over
    clock.tick(10)
    assert run(append_all(spool, b"two")) == [NEW]
    assert spool.stats().error is None


def test_a_full_disk_does_not_keep_segments_from_being_deleted(open_spool: Callable[..., Spool]) -> None:
    disk = Disk()
    spool = open_spool(Path("/spool"), files=disk, clock=TickingClock())
    run(append_all(spool, b"one"))
    spool.close()

    def no_room(operation: str) -> None:
        if operation in ("create", "write"):
            raise OSError(errno.ENOSPC, "No space left on device")

    disk.before = no_room
    spool.release(*drain(spool))
    assert [name for name in disk.names_now if name.endswith(".traces")] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")
def test_a_real_disk_that_fills_up_loses_nothing_and_recovers(
    open_spool: Callable[..., Spool], small_disk: Path
) -> None:
    spool = open_spool(small_disk / "spool", segment_bytes=40_000)
    sent = [b"%04d" % n * 1000 for n in range(100)]
    stored = [body for body in sent if run(append_all(spool, body)) == [NEW]]
    assert 20 < len(stored) < 90
    assert spool.stats().error == "[Errno 28] No space left on device"
    spool.release(*(segments := drain(spool))[:3])
    body = b"after"
    while run(append_all(spool, body)) != [NEW]:
        pass
    spool.close()
    found = [b for segment in segments[3:] + drain(spool) for b in bodies(segment)]
    assert [*stored[len(stored) + 1 - len(found) :], body] == found


class FailingFolders(SystemFiles):
    """Syncs as many folders as are `good` and then fails."""

    def __init__(self) -> None:
        self.good = 100

    def sync_folder(self, folder: Path) -> None:
        if not self.good:
            raise OSError(errno.EIO, "Input/output error")
        self.good -= 1
        super().sync_folder(folder)


class CountingFiles(SystemFiles):
    """Counts what reaches the disk."""

    def __init__(self) -> None:
        self.syncs = 0

    def create(self, path: Path) -> Any:
        file = super().create(path)
        original = file.sync

        def sync() -> None:
            self.syncs += 1
            original()

        file.sync = sync  # type: ignore[method-assign]
        return file


def _full(operation: str) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
