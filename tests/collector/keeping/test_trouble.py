"""What is said of a deletion or a backup that failed."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from spanwise_collector.errors import StoreError
from spanwise_collector.keeping.trouble import told


def os_error(number: int, *name: str) -> OSError:
    return OSError(number, os.strerror(number), *name)


def full_notebook() -> sqlite3.Error:
    with sqlite3.connect(":memory:") as database:
        database.execute("PRAGMA max_page_count = 1")
        try:
            database.execute("CREATE TABLE full (of TEXT)")
        except sqlite3.Error as error:
            return error
    raise AssertionError("There was room.")


FULL = "The disk of {} is full. Free some of it: ask again."


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (os_error(errno.ENOSPC), FULL),
        (os_error(errno.EDQUOT, "/somewhere"), FULL),
        (StoreError("Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)"), FULL),
        (StoreError("Code: 75. DB::ErrnoException: Cannot write: , errno: 28, No space left on device."), FULL),
        (full_notebook(), FULL),
        (os_error(errno.EIO, "/a/file"), "/a/file: Input/output error. See to the disk: ask again."),
        (os_error(errno.EIO), "{}: Input/output error. See to the disk: ask again."),
        (StoreError("The collector is stopping."), "The collector is stopping."),
    ],
)
def test_a_failure_says_what_happened_where_and_what_to_do(tmp_path: Path, error: Exception, said: str) -> None:
    place = tmp_path / "not" / "made"
    assert told(error, (place,), "ask again.") == said.format(place)
