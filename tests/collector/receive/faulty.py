"""Files that fail on demand, under a receiver that does not know."""

from __future__ import annotations

import errno
import time
from collections.abc import Sequence
from pathlib import Path

from spanwise_collector.spool.files import File, SystemFiles


class FullFiles(SystemFiles):
    """A disk on which nothing can be written while `full` is set."""

    def __init__(self) -> None:
        self.full = False

    def create(self, path: Path) -> File:
        self.check()
        return _FullFile(super().create(path), self)

    def check(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


class SlowFiles(SystemFiles):
    """A disk that takes `pause` seconds for a sync."""

    def __init__(self) -> None:
        self.pause = 0.0

    def create(self, path: Path) -> File:
        return _SlowFile(super().create(path), self)


class _FullFile:
    def __init__(self, file: File, files: FullFiles) -> None:
        self._file = file
        self._files = files

    def write(self, buffers: Sequence[bytes]) -> None:
        self._files.check()
        self._file.write(buffers)

    def sync(self) -> None:
        self._file.sync()

    def truncate(self, size: int) -> None:
        self._file.truncate(size)

    def close(self) -> None:
        self._file.close()


class _SlowFile(_FullFile):
    def __init__(self, file: File, files: SlowFiles) -> None:
        super().__init__(file, FullFiles())
        self._slow = files

    def sync(self) -> None:
        time.sleep(self._slow.pause)
        super().sync()
