"""What the embedded engine remembers of inserts, put right where it remembers one that never came to be.

Of an insert under a name the engine writes down the name before it renames the part, and does not take it back where
the rename fails. A kill between the two, or a disk that fails there, would have the segment left out as known when it
is inserted again: its rows would be lost, in one table or in all. So the notes of parts that are not there are struck
out, before the engine opens the folder and after an insert that failed.

A note is a line of a log beside the parts: 1 (or 2, for a part that was dropped), the part's name, and the block's.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from spanwise_collector.durable import sync_folder

SPARE: Final = "remembered.new"
"""What a log is called, in the folder of the store, until all of it is written; a kill may leave one."""

_FOLDER: Final = "deduplication_logs"
_PART: Final = re.compile(r"([0-9a-z]+)_(\d+)_(\d+)_\d+(?:_\d+)?")
_NOTE: Final = re.compile(rb"([12])\t([^\t]+)\t([^\t]+)")
# Only the newest can be of inserts that did not end: two run side by side, of some blocks each.
_NEWEST: Final = 200


def put_right(store: Path) -> None:
    """Strike out, in every table of a store that nobody has open, what `put_table_right` does. Raises OSError."""
    for logs in sorted((store / "store").glob(f"*/*/{_FOLDER}")):
        put_table_right(logs.parent, store / SPARE)


def put_table_right(table: Path, spare: Path) -> None:
    """Strike out the notes of parts that a table's folder does not have, and what a loss of power left half written.

    The engine must not have the table open. Each log is changed as a whole or not at all, durable on return, by way
    of the file `spare`: beside the logs the engine would take it for one of them. Raises OSError.
    """
    parts = os.listdir(table)
    for log in _newest_logs(table):
        data = log.read_bytes()
        right = b"".join(_right(data, parts))
        if right != data:
            with spare.open("wb") as file:
                file.write(right)
                file.flush()
                os.fsync(file.fileno())
            spare.replace(log)
            sync_folder(log.parent)


def notes(table: Path) -> list[bytes]:
    """The newest logs of a table as they are. Raises OSError."""
    return [log.read_bytes() for log in _newest_logs(table)]


def are_wrong(logs: Iterable[bytes], parts: Iterable[str]) -> bool:
    """Whether notes tell of a part that is not among `parts`, nor in one of them."""
    named = list(parts)
    return any(b"".join(_right(data, named)) != data for data in logs)


def _newest_logs(table: Path) -> list[Path]:
    """The log that is written and the one before it: a full one is followed by the next right after its last note."""
    logs = [path for path in (table / _FOLDER).glob("deduplication_log_*.txt") if _number(path) >= 0]
    return sorted(logs, key=_number)[-2:]


def _number(log: Path) -> int:
    last = log.stem.rpartition("_")[2]
    return int(last) if last.isdigit() else -1


def _right(data: bytes, parts: Iterable[str]) -> list[bytes]:
    """The lines of a log that stay."""
    *lines, torn = data.splitlines(keepends=True) or [b""]
    if torn.endswith(b"\n"):
        lines.append(torn)
    older, newest = lines[:-_NEWEST], [(line, _NOTE.fullmatch(line.rstrip(b"\n"))) for line in lines[-_NEWEST:]]
    there = list(_blocks(parts))
    dropped = {note[3] for _, note in newest if note and note[1] == b"2"}
    return older + [
        line
        for line, note in newest
        if note and (note[3] in dropped or _is_there(note[2].decode("utf-8", "replace"), there))
    ]


def _blocks(parts: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """The partition and the numbers of the first and the last block of each name that is a part's."""
    for part in parts:
        if found := _PART.fullmatch(part):
            yield found[1], int(found[2]), int(found[3])


def _is_there(part: str, there: Iterable[tuple[str, int, int]]) -> bool:
    return any(
        name == partition and low <= first and last <= high
        for partition, first, last in _blocks([part])
        for name, low, high in there
    )
