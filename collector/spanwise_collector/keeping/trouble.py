"""Why work on a whole data folder failed, for people: what happened, where, and what to do."""

import errno
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from spanwise_collector.errors import StoreError

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
# The engine's words: its code 243 for a reservation that it has no room for, and the system's for a write.
_FULL_WORDS: Final = ("NOT_ENOUGH_SPACE", "No space left on device")


def is_full(error: Exception) -> bool:
    """Whether a disk, or the room of a user on it, was full."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, StoreError) and any(word in error.message for word in _FULL_WORDS)


def told(error: Exception, places: Sequence[Path], then: str) -> str:
    """A failure in sentences. `places` are the folders that were written to, `then` what to do after it is mended."""
    if is_full(error):
        # A call says which file it was for, or nothing; a disk that is full by now is the one.
        place = min(places, key=_free)
        return f"The disk of {place} is full. Free some of it: {then}"
    if isinstance(error, OSError):
        return f"{error.filename or places[0]}: {error.strerror}. See to the disk: {then}"
    return str(error)


def _free(place: Path) -> int:
    there = next(each for each in (place, *place.parents) if each.exists())
    return shutil.disk_usage(there).free
