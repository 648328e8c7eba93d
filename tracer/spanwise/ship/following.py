"""One file that is followed: its lines from where it was left, and what becomes of it when it is rotated."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress

from spanwise.ship.containers import Unwrapper
from spanwise.ship.joining import Joiner
from spanwise.ship.place import HEAD, Place, Reached, hash_of

_CHUNK = 256 * 1024
LONGEST_LINE = 1024 * 1024
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".lz4", ".tmp", ".swp")


class Truncated(Exception):
    """The file no longer holds what was read of it."""


class Follower:
    """Reads a file onwards from its place. `rotated` when its path is another file's by now; `real`: without links."""

    def __init__(self, place: Place, file: int, *, rotated: bool = False) -> None:
        self.place = place
        self.real = os.path.realpath(place.path)
        self.joiner = Joiner()
        self.rotated = rotated
        self.seen = place.seen
        self._finished = False
        self._active = time.monotonic()
        self._file = file
        self._read = place.offset
        # Kept in memory: the file may be another by the time that what was read of it is delivered.
        self._first = os.pread(file, min(HEAD, place.offset), 0)
        # It may have been emptied since it was found.
        self._replaced = len(self._first) < min(HEAD, place.offset) or (
            place.head_size > 0 and hash_of(self._first[: place.head_size]) != place.head
        )
        self._unwrapper = Unwrapper()
        self._rest = b""

    @property
    def untouched(self) -> bool:
        """Whether nothing was ever read of it: it may have been filled, copied and emptied without a trace."""
        return not self._read

    @property
    def done(self) -> bool:
        """Whether nothing more was expected, and all of it was taken."""
        return self._finished and not self.joiner.entries

    def left(self) -> None:
        """Its path is another file's from now on, and who writes to it may not know yet."""
        self.rotated = True
        self._active = time.monotonic()

    def read(self) -> bool:
        """Read what is new, at most 256 KiB; whether there was anything. Raises Truncated."""
        seen = os.fstat(self._file).st_mtime_ns
        data = os.pread(self._file, _CHUNK, self._read)
        # Looked at after the read: what was read of a file that has changed meanwhile is thrown away.
        emptied = os.fstat(self._file).st_size < self._read or os.pread(self._file, len(self._first), 0) != self._first
        if emptied or self._replaced:
            raise Truncated
        if not data:
            return False
        if self._read < HEAD:
            self._first += data[: HEAD - self._read]
        self.seen, self._finished = seen, False
        self._active = time.monotonic()
        start = self._read - len(self._rest)
        self._read += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            whole, self._rest = [*whole, self._rest], b""
        for raw in whole:
            end = min(start + len(raw) + 1, self._read)
            self._add(raw, start, end)
            start = end
        return True

    def idle(self, seconds: float) -> bool:
        return time.monotonic() - self._active > seconds

    def finish(self) -> None:
        """Nothing more will come: the last line needs no end."""
        if self._rest:
            self._add(self._rest, self._read - len(self._rest), self._read)
            self._rest = b""
        self.joiner.close()
        self._finished = True

    def after(self, offset: int) -> Reached:
        """What the place will be once all up to `offset` is delivered."""
        head = self._first[:offset]
        return offset, len(head), hash_of(head), self.seen

    def wholly(self) -> Reached:
        """What the place is when all that was read is delivered, or was blank."""
        return self.after(self._read)

    def begins_like(self, other: int | str) -> bool:
        """Whether another file, open or at a path, begins as this one did."""
        size = len(self._first)
        found = os.pread(other, size, 0) if isinstance(other, int) else _piece(other, size)
        return size > 0 and found == self._first

    def close(self) -> None:
        os.close(self._file)

    def _add(self, raw: bytes, start: int, end: int) -> None:
        self.joiner.add(self._unwrapper.line(raw, start, end))


class Unreadable(Exception):
    """A file cannot be followed; the text says why."""


def opened(path: str) -> tuple[int, os.stat_result] | None:
    """An open file and what it is; None where there is none that can be read."""
    with suppress(Unreadable):
        return opened_or_said(path)
    return None


def opened_or_said(path: str) -> tuple[int, os.stat_result]:
    """An open file and what it is; raises Unreadable."""
    try:
        # Not blocking, since a path may be a pipe; nobody follows one.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    found = os.fstat(file)
    if stat.S_ISREG(found.st_mode):
        return file, found
    os.close(file)
    if stat.S_ISDIR(found.st_mode):
        raise Unreadable(f"{path} is a folder: give a pattern such as '{path}/*.log'")
    raise Unreadable(f"{path} is no file that can be followed; `spanwise send` reads pipes")


def siblings(path: str) -> list[tuple[str, os.stat_result]]:
    """Files that rotation may have made of `path`, oldest first: `app.log.1`, `app.log-20261121`, not packed ones."""
    real = os.path.realpath(path)
    return sorted(beside(path, lambda other: _named_after(other, real)), key=lambda each: each[1].st_mtime_ns)


def beside(path: str, wanted: Callable[[str], bool] = lambda _: True) -> list[tuple[str, os.stat_result]]:
    """What lies in the folder of `path` under the names wanted; of a link, of what it leads to."""
    found = []
    with suppress(OSError), os.scandir(os.path.dirname(os.path.realpath(path))) as entries:
        for entry in entries:
            with suppress(OSError):
                if wanted(entry.path):
                    found.append((entry.path, entry.stat()))
    return found


class Generations:
    """What rotation has made, of any number of files; each folder is read once."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, list[os.stat_result]]] = {}

    def of(self, path: str) -> list[os.stat_result]:
        """The siblings of a path, as they were when the first in its folder was asked for."""
        real = os.path.realpath(path)
        folder = os.path.dirname(real)
        if folder not in self._folders:
            made = self._folders[folder] = {}
            for other, found in beside(real):
                for origin in origins(other):
                    made.setdefault(origin, []).append(found)
        return self._folders[folder].get(real, [])


def origins(other: str) -> list[str]:
    """Every path of which rotation may have made one: of `app.log-1.2`, `app`, `app.log` and `app.log-1`."""
    return [] if other.endswith(_PACKED) else [other[:at] for at, mark in enumerate(other) if mark in ".-"]


def is_rotated(other: str, path: str) -> bool:
    """Whether a path has a name that rotation gives to what was `path`."""
    return _named_after(other, path) or (os.path.islink(path) and _named_after(other, os.path.realpath(path)))


def _named_after(other: str, path: str) -> bool:
    return other.startswith(path) and other[len(path) :][:1] in (".", "-") and not other.endswith(_PACKED)


def is_copy(file: int, path: str) -> bool:
    """Whether an open file is nothing but how the one at `path` begins: a copy that is made before that is emptied."""
    size = os.fstat(file).st_size
    return all(_piece(path, HEAD, at)[: size - at] == os.pread(file, HEAD, at) for at in (0, max(0, size - HEAD)))


def _piece(path: str, size: int, at: int = 0) -> bytes:
    if (found := opened(path)) is None:
        return b""
    try:
        return os.pread(found[0], size, at)
    finally:
        os.close(found[0])
