"""The spool's seams to the machine: files and time.

Everything that the spool does to a disk goes through `Files`, so that a test can lose power at any point of
it.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from spanwise_collector.durable import sync_folder

_MOST_BUFFERS = os.sysconf("SC_IOV_MAX")


class Clock(Protocol):
    """Where the spool reads the time: `time_ns` of the wall for what is stored, `monotonic` for waiting."""

    def time_ns(self) -> int: ...

    def monotonic(self) -> float: ...


class File(Protocol):
    """A file that is being written, always at its end."""

    def write(self, buffers: Sequence[bytes]) -> None:
        """Write all of the buffers, or raise OSError with any part of them written."""

    def sync(self) -> None:
        """Return once the file's content and size survive a loss of power, or raise OSError."""

    def truncate(self, size: int) -> None: ...

    def close(self) -> None:
        """Never raises; idempotent."""


class Files(Protocol):
    """The operations on a folder. A change of names survives a loss of power only after `sync_folder`."""

    def make_folder(self, path: Path) -> None: ...

    def names(self, folder: Path) -> list[str]: ...

    def create(self, path: Path) -> File:
        """A new empty file; FileExistsError where the name is taken."""

    def reopen(self, path: Path) -> File: ...

    def read(self, path: Path) -> bytes: ...

    def rename(self, old: Path, new: Path) -> None: ...

    def unlink(self, path: Path) -> None: ...

    def sync_folder(self, folder: Path) -> None: ...


class SystemClock:
    """The machine's clocks."""

    def time_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()


class SystemFile:
    """A file descriptor opened for appending."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, buffers: Sequence[bytes]) -> None:
        for start in range(0, len(buffers), _MOST_BUFFERS):
            self._write_chunk(buffers[start : start + _MOST_BUFFERS])

    def _write_chunk(self, buffers: Sequence[bytes]) -> None:
        written, whole = os.writev(self._descriptor, buffers), sum(map(len, buffers))
        if written == whole:
            return
        # Short: a nearly full disk, or more than the kernel writes at once. The rest tells which.
        rest = memoryview(b"".join(buffers))[written:]
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            try:
                os.close(descriptor)
            except OSError:
                # The descriptor is gone either way, and durability never rests on close().
                return


class SystemFiles:
    """The machine's file system."""

    def make_folder(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def names(self, folder: Path) -> list[str]:
        return sorted(os.listdir(folder))

    def create(self, path: Path) -> File:
        return SystemFile(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600))

    def reopen(self, path: Path) -> File:
        return SystemFile(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        sync_folder(folder)
