"""A disk in memory that can lose power: whatever was not synced by then may be gone, in any mixture."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spanwise_collector.spool.files import File


class PowerLost(BaseException):
    """The machine is off. Not an Exception: nothing in the product may handle it."""


class TickingClock:
    """A clock that moves only when told to."""

    def __init__(self, wall: int = 1_795_232_696_000_000_000) -> None:
        self.wall = wall
        self.seconds = 1000.0

    def time_ns(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def tick(self, seconds: float) -> None:
        self.wall += int(seconds * 1e9)
        self.seconds += seconds


@dataclass
class _Node:
    content: bytearray = field(default_factory=bytearray)
    durable: bytes = b""


class Disk:
    """Files as a process sees them and as a loss of power would leave them.

    `before` is called with the name of every operation that changes something, and may raise OSError to fail it,
    or PowerLost. Contents become durable by `sync`, names by `sync_folder`, and neither before; a loss of power
    may still keep any part of what was not durable.
    """

    def __init__(self) -> None:
        self.names_now: dict[str, _Node] = {}
        self.names_durable: dict[str, _Node] = {}
        self._changes: list[Callable[[dict[str, _Node]], object]] = []
        self.before: Callable[[str], None] = lambda operation: None
        self.operations = 0

    def step(self, operation: str) -> None:
        self.operations += 1
        self.before(operation)

    def lose_power(self, seed: int) -> Disk:
        """The disk after the loss: any of the changes that were not synced are there, writes also in part."""
        chance = random.Random(seed)
        survivor = Disk()
        names = dict(self.names_durable)
        for change in self._changes:
            if chance.random() < 0.5:
                change(names)
        for name, node in names.items():
            content = _torn(node, chance)
            made = _Node(bytearray(content), content)
            survivor.names_now[name] = survivor.names_durable[name] = made
        return survivor

    # What the spool calls.

    def make_folder(self, path: Path) -> None: ...

    def names(self, folder: Path) -> list[str]:
        return sorted(self.names_now)

    def create(self, path: Path) -> File:
        self.step("create")
        if path.name in self.names_now:
            raise FileExistsError(errno.EEXIST, "File exists", str(path))
        node = _Node()
        self._change(lambda names: names.setdefault(path.name, node))
        return _MemoryFile(self, node)

    def reopen(self, path: Path) -> File:
        return _MemoryFile(self, self._node(path))

    def read(self, path: Path) -> bytes:
        return bytes(self._node(path).content)

    def rename(self, old: Path, new: Path) -> None:
        self.step("rename")
        self._node(old)
        self._change(lambda names: names.__setitem__(new.name, names.pop(old.name)) if old.name in names else None)

    def unlink(self, path: Path) -> None:
        self.step("unlink")
        self._change(lambda names: names.pop(path.name, None))

    def sync_folder(self, folder: Path) -> None:
        self.step("sync_folder")
        self.names_durable = dict(self.names_now)
        self._changes.clear()

    def _change(self, change: Callable[[dict[str, _Node]], object]) -> None:
        """A change of names: a rename is one, and is there as a whole or not at all."""
        change(self.names_now)
        self._changes.append(change)

    def _node(self, path: Path) -> _Node:
        if path.name not in self.names_now:
            raise FileNotFoundError(errno.ENOENT, "No such file", str(path))
        return self.names_now[path.name]


class _MemoryFile:
    def __init__(self, disk: Disk, node: _Node) -> None:
        self._disk = disk
        self._node = node

    def write(self, buffers: Sequence[bytes]) -> None:
        whole = b"".join(buffers)
        try:
            self._disk.step("write")
        except (OSError, PowerLost):
            self._node.content += whole[: len(whole) // 2]  # a failed write may leave any part of itself
            raise
        self._node.content += whole

    def sync(self) -> None:
        self._disk.step("sync")
        self._node.durable = bytes(self._node.content)

    def truncate(self, size: int) -> None:
        self._disk.step("truncate")
        del self._node.content[size:]

    def close(self) -> None: ...


def _torn(node: _Node, chance: random.Random) -> bytes:
    """What is left of a file: durable bytes are there unless they were cut off; later ones may be gone or zeros."""
    now, durable = bytes(node.content), node.durable
    if now == durable:
        return now
    if not now.startswith(durable):  # it was cut and possibly written again
        return now if chance.random() < 0.5 else durable
    end = chance.randint(len(durable), len(now))
    kept = bytearray(now[:end])
    for page in range(len(durable), end, 64):
        if chance.random() < 0.3:
            kept[page : page + 64] = bytes(min(64, end - page))
    return bytes(kept)
