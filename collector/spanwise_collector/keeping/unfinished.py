"""The folder in which a backup is made or restored, told from all others by a mark that its maker holds."""

import contextlib
import fcntl
import logging
import os
import shutil
from itertools import islice
from pathlib import Path
from typing import Final

from spanwise_collector.durable import PART
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.keeping.manifest import NAME, sync_folders

_MARK: Final = "unfinished"
# Looked through at a start, in well under a second; where backups may be made, much else may lie.
_MOST_FOLDERS: Final = 10_000

_log = logging.getLogger(__name__)


class Unfinished:
    """The folder of one backup, or of what is restored from one, until it is whole.

    It is claimed beside `target`, whose place it gets in `finish`. What a kill left under that name goes (see
    `sweep`). Raises InvalidParameter where another is being made there, or where something lies there that is no
    unfinished one.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}{PART}")
        try:
            _clear(self.path)
            self.path.mkdir(parents=True, mode=0o700)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._held = os.open(self.path / _MARK, flags, 0o600)
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidParameter(
                "path", f"{target} is being made by another: wait for that, or give another name."
            ) from None
        except OSError as error:
            raise InvalidParameter(
                "path", f"{self.path}, where it is made, cannot be used: {error.strerror}. Give another name."
            ) from error

    def finish(self) -> None:
        """Put it under its name; durable on return. Raises OSError where something has taken that meanwhile."""
        self.path.rename(self.target)
        (self.target / _MARK).unlink()
        sync_folders(self.target)
        os.close(self._held)

    def drop(self) -> None:
        """Leave nothing of it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._held)


def sweep(allowed: Path) -> None:
    """Remove what kills have left of backups below a folder: it has the mark, and nobody holds its lock.

    A backup that was whole already stays and loses its mark. What cannot be removed is logged and left. Of a folder
    that holds more than _MOST_FOLDERS others, not all are looked at.
    """
    for folder, below, files in islice(os.walk(allowed), _MOST_FOLDERS):
        here = Path(folder)
        if NAME in files or here.name.endswith(PART):
            below.clear()
        if _MARK in files:
            try:
                if here.name.endswith(PART):
                    _clear(here)
                    _log.warning("Removed %s, which a backup that was not finished had left.", here)
                elif NAME in files:
                    _unmark(here)
            except BlockingIOError:
                continue
            except OSError as error:
                _log.warning("What is left of a backup in %s cannot be removed: %s", here, error)


def _clear(part: Path) -> None:
    try:
        left = os.open(part / _MARK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        # A kill right after it was made leaves it empty; whatever else lies there is not ours.
        with contextlib.suppress(OSError):
            part.rmdir()
        return
    try:
        fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(part)
    finally:
        os.close(left)


def _unmark(whole: Path) -> None:
    left = os.open(whole / _MARK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (whole / _MARK).unlink()
    finally:
        os.close(left)
