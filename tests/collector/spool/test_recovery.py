"""What a start makes of the files that it finds."""

from __future__ import annotations

import pytest

from tests.collector.spool.journal import FOLDER, Journal
from tests.collector.spool.memory import Disk, TickingClock

BODIES = [b"one", b"two", b"three" * 40]


def disk_with_open_segment() -> Disk:
    disk = Disk()
    journal = Journal(disk, TickingClock())
    assert journal.append(*BODIES) == 3
    return disk


def open_file(disk: Disk) -> bytearray:
    [name] = [name for name in disk.names_now if name.endswith(".open")]
    return disk.names_now[name].content


def whole_ends() -> list[int]:
    disk = disk_with_open_segment()
    journal = Journal(disk, TickingClock())
    [segment] = journal.closed
    data = disk.read(segment.path)
    lengths = [len(data[: data.index(body)]) for body in BODIES[1:]]
    return [length - 1 - (length > 200) for length in lengths]


@pytest.mark.parametrize("cut", range(len(open_file(disk_with_open_segment())) + 1))
def test_a_segment_torn_at_any_offset_keeps_every_whole_frame(cut: int) -> None:
    disk = disk_with_open_segment()
    whole = len(open_file(disk))
    del open_file(disk)[cut:]
    journal = Journal(disk, TickingClock())
    kept = journal.all_bodies()
    assert kept == BODIES[: len(kept)]
    good = sum(segment.bytes for segment in journal.closed)
    assert journal.found.torn_bytes == cut - good
    assert journal.found.damaged == []
    assert (kept == BODIES) == (cut == whole)
    assert journal.append(b"next") == 1
    journal.writer.close()
    assert journal.all_bodies() == [*kept, b"next"]


@pytest.mark.parametrize("position", range(len(open_file(disk_with_open_segment()))))
def test_a_flipped_byte_anywhere_costs_no_good_frame_before_it(position: int) -> None:
    disk = disk_with_open_segment()
    open_file(disk)[position] ^= 0x55
    journal = Journal(disk, TickingClock())
    kept = journal.all_bodies()
    assert [body for body in BODIES if body in kept] == kept
    assert len(kept) < 3
    if position > 25:
        assert kept[:1] == BODIES[:1]


def test_zeros_after_the_end_are_cut() -> None:
    disk = disk_with_open_segment()
    open_file(disk).extend(bytes(5000))
    journal = Journal(disk, TickingClock())
    assert journal.all_bodies() == BODIES
    assert (journal.found.torn_files, journal.found.torn_bytes) == (1, 5000)


def test_a_damaged_closed_segment_keeps_its_good_frames_and_its_original() -> None:
    disk = disk_with_open_segment()
    Journal(disk, TickingClock())
    [name] = disk.names_now
    original = bytearray(disk.names_now[name].content)
    original[3] ^= 1
    disk.names_now[name].content = original
    journal = Journal(disk, TickingClock())
    assert journal.all_bodies() == BODIES[1:]
    assert journal.found.damaged == [name]
    assert disk.read(FOLDER / f"{name}.damaged") == original
    assert Journal(disk, TickingClock()).found.damaged == []


def test_an_open_segment_without_a_good_frame_is_removed() -> None:
    disk = disk_with_open_segment()
    del open_file(disk)[5:]
    journal = Journal(disk, TickingClock())
    assert (journal.closed, disk.names_now) == ([], {})


def test_recovering_twice_changes_nothing() -> None:
    disk = disk_with_open_segment()
    first = Journal(disk, TickingClock())
    second = Journal(disk, TickingClock())
    assert first.closed == second.closed
    assert second.found.torn_files == 0


def test_names_go_on_after_a_restart_with_a_clock_that_went_back() -> None:
    disk, clock = Disk(), TickingClock()
    used = []
    for _ in range(5):
        journal = Journal(disk, clock)
        journal.append(b"x%d" % clock.wall)
        journal.writer.close()
        used.append(journal.release().name)
        assert journal.closed == []
        clock.wall -= 3600 * 10**9
    assert used == sorted(set(used))


def test_a_frame_that_was_never_acknowledged_is_dropped_when_another_segment_has_it() -> None:
    """A failed segment that could not even be cut holds what its sender has sent again since."""
    disk = disk_with_open_segment()
    [name] = disk.names_now
    twin = f"{int(name.split('.')[0]) + 1:020d}.traces.open"
    disk.names_now[twin] = disk.names_durable[twin] = type(disk.names_now[name])(bytearray(open_file(disk)))
    journal = Journal(disk, TickingClock())
    assert journal.all_bodies() == BODIES
    assert journal.found.repeated_frames == 3


def test_a_frame_whose_receipt_exists_is_dropped_from_an_open_segment() -> None:
    disk = disk_with_open_segment()
    original = bytes(open_file(disk))
    journal = Journal(disk, TickingClock())
    released = journal.release()
    disk.names_now[f"{released.name}.traces.open"] = type(next(iter(disk.names_now.values())))(bytearray(original))
    again = Journal(disk, TickingClock())
    assert again.closed == []
    assert again.found.repeated_frames == 3


def test_foreign_files_are_left_alone() -> None:
    disk = disk_with_open_segment()
    disk.create(FOLDER / "README.txt")
    disk.create(FOLDER / "x.traces")
    Journal(disk, TickingClock())
    assert {"README.txt", "x.traces"} <= set(disk.names_now)
