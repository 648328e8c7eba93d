"""What the store would not take, and what a disk has damaged: files that nobody loads any more."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from spanwise_collector.spool.files import SystemClock, SystemFiles
from spanwise_collector.spool.frame import encode, scan
from spanwise_collector.spool.rewrite import replace
from spanwise_collector.spool.segment import Names, Place, Signal

DAMAGED = "damaged"
REASON = "reason"
_REASON_BYTES = 2000

Leave = Callable[[Signal, bytes], tuple[str, bytes] | None]
"""Of a frame's message the project and the body without what must go; None where all of it must."""


def lying(refused: Path) -> dict[str, str]:
    """The segments that the store would not take, each with the reason that lies beside it."""
    if not refused.is_dir():
        return {}
    found = {}
    for path in sorted(refused.glob(f"*.{REASON}")):
        # One that was moved back to the spool is tried again, and its reason is of the past.
        if not path.with_suffix("").exists():
            continue
        # It may be going at this moment.
        with contextlib.suppress(OSError), path.open("rb") as file:
            found[path.name.partition(".")[0]] = file.read(_REASON_BYTES).decode("utf-8", "replace").strip()
    return found


def take_out(refused: Path, spool: Path, leave: Leave, needles: tuple[bytes, ...]) -> int:
    """Rewrite the segments in `refused` without what `leave` leaves out; how many were changed or deleted.

    What cannot be read goes as a whole if any of `needles` is in it: a damaged file, or a reason that quotes one.
    Durable on return, each file whole or not at all. Raises OSError.
    """
    clock = SystemClock()
    changed = 0
    for folder in (refused, spool):
        if not folder.exists():
            continue
        place = Place(folder, SystemFiles(), clock, Names(clock))
        for name in place.files.names(folder):
            stem, _, kind = name.partition(".")
            if folder == refused and stem.isdigit() and kind in list(Signal):
                changed += _rewrite(place, folder / name, Signal(kind), leave)
            elif name.endswith((f".{DAMAGED}", f".{REASON}")):
                changed += _drop(place, folder / name, needles)
    return changed


def _rewrite(place: Place, path: Path, signal: Signal, leave: Leave) -> bool:
    data = place.files.read(path)
    parts: list[bytes] = []
    for frame in scan(data, signal):
        message = data[frame.body_start : frame.end]
        left = leave(signal, message)
        if left is not None:
            parts += encode(signal, left[0], frame.received, left[1]).buffers
    if b"".join(parts) == data:
        return False
    if parts:
        replace(place, path, parts)
    else:
        place.files.unlink(path)
        place.files.unlink(path.with_name(f"{path.name}.{REASON}"))
        place.sync()
    return True


def _drop(place: Place, path: Path, needles: tuple[bytes, ...]) -> bool:
    data = place.files.read(path)
    if not any(needle in data for needle in needles):
        return False
    if path.name.endswith(f".{REASON}"):
        replace(place, path, [b"The reason quoted what has been deleted since.\n"])
    else:
        place.files.unlink(path)
        place.sync()
    return True
