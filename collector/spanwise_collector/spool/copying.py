"""What is acknowledged and not yet stored, copied while it changes."""

from collections.abc import Callable
from pathlib import Path

from spanwise_collector.spool.segment import OPEN, RECEIPTS


def copy_spool(folder: Path, copy: Callable[[Path, Path], None]) -> None:
    """Copy every file by `copy` (from, name): all that was acknowledged before the call, but for what is stored now.

    To be followed by a copy of the store: a segment that disappears here is found there, and one that is in both is
    known there by its name. A segment that grows meanwhile is copied as far as it has come.
    """
    names = [path.name for path in sorted(folder.iterdir())]
    # First what was stored before: a receipt must not speak of a segment that the copy of the store lacks.
    for name in sorted(names, key=lambda name: not name.endswith(f".{RECEIPTS}")):
        if name.endswith(f".{OPEN}") and not _copied(folder / name, copy):
            _copied(folder / name.removesuffix(f".{OPEN}"), copy)
        elif name.split(".")[0].isdigit() and not name.endswith((f".{OPEN}", ".rewritten")):
            _copied(folder / name, copy)


def _copied(path: Path, copy: Callable[[Path, Path], None]) -> bool:
    try:
        copy(path, Path(path.name))
    except FileNotFoundError:
        return False
    return True
