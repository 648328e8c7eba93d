"""What is sent without line ends, and what is kept on disk meanwhile: bounded, and for its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from spanwise.ship.command import _Sending
from spanwise.ship.containers import Line
from spanwise.ship.delivery import Delivery, Parcel
from spanwise.ship.joining import Joiner
from spanwise.ship.place import Memory

MIB = 2**20


def test_the_memory_of_what_was_not_stored_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Lines of a log that only root may read stand in it until they are stored."""
    mask = os.umask(0o022)
    try:
        memory = Memory(tmp_path / "state" / "ship.json")
        for _ in range(2):
            memory.begin(Parcel("1", {}, b"a secret"), {})
        memory.close()
    finally:
        os.umask(mask)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.rglob("*")}
    assert modes == {"state": "0o700", "ship.json": "0o600", "ship.json.lock": "0o600"}


def test_a_line_that_a_container_never_ends_becomes_records_of_a_bounded_size() -> None:
    joiner = Joiner()
    for number in range(100):
        joiner.add(Line("x" * 16_384, number, number + 1, "stdout", "2026-11-22T05:00:00Z", continues=number > 0))
    joiner.close()
    sizes = [len(entry.texts[0]) for entry in joiner.take(1000, 100 * MIB)]
    assert (sum(sizes), max(sizes) <= 2 * 256 * 1024) == (100 * 16_384, True)


class Taking(Delivery):
    """Takes every parcel, and says how large they were."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")
        self.sizes: list[int] = []

    def deliver(self, parcel: Parcel) -> str:
        self.sizes.append(len(parcel.body))
        return ""


def test_a_pipe_without_line_ends_is_sent_in_pieces(tmp_path: Path) -> None:
    file, taking = tmp_path / "endless", Taking()
    file.write_bytes(b"x" * (5 * MIB))
    descriptor = os.open(file, os.O_RDONLY)
    try:
        _Sending(taking, {}).file(descriptor)
    finally:
        os.close(descriptor)
    assert (sum(taking.sizes) > 5 * MIB, max(taking.sizes) < 3 * MIB) == (True, True)
