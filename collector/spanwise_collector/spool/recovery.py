"""Brings the folder of a spool into order at a start, after whatever ended the process before."""

from dataclasses import dataclass, field
from pathlib import Path

from spanwise_collector.spool.frame import Scanned, scan
from spanwise_collector.spool.receipts import record
from spanwise_collector.spool.rewrite import REWRITTEN, replace, write
from spanwise_collector.spool.segment import OPEN, Place, Segment, Signal

_DAMAGED = "damaged"


@dataclass(slots=True)
class Recovered:
    """What a start found: counts to report, and the segments that wait for the store, in order.

    `torn_bytes` were being written when the process ended and had not been acknowledged. `damaged` names
    files in which bytes that had been acknowledged are no longer good; the originals stay beside the rest,
    under their name and `.damaged`.
    """

    segments: list[Segment] = field(default_factory=list)
    frames: int = 0
    torn_files: int = 0
    torn_bytes: int = 0
    repeated_frames: int = 0
    damaged: list[str] = field(default_factory=list)
    receipts: int = 0


def last_name(place: Place) -> int:
    """The highest name that any file of the folder has."""
    stems = (name.split(".", 1)[0] for name in place.files.names(place.folder))
    return max((int(stem) for stem in stems if stem.isdigit()), default=0)


def recover(place: Place, known: set[bytes]) -> Recovered:
    """Close every open segment at its last good frame and find all that wait for the store.

    `known` holds the digests of segments that are gone; a frame of an open segment that is among them, or in
    a closed segment, was never acknowledged from there and is dropped. Raises OSError where the folder cannot
    be put in order: then nothing may be accepted.
    """
    found = Recovered()
    names = place.files.names(place.folder)
    closed = [name for name in names if _signal(name) and not name.endswith(f".{OPEN}")]
    opened = [name for name in names if _signal(name) and name.endswith(f".{OPEN}")]
    known = set(known)
    for name in closed + opened:
        _settle(place, name, known, found)
    for name in names:
        if name.endswith(f".{REWRITTEN}"):
            place.files.unlink(place.folder / name)
    place.sync()
    found.segments.sort(key=lambda segment: segment.name)
    return found


def _signal(name: str) -> Signal | None:
    stem, _, rest = name.partition(".")
    kind = rest.removesuffix(f".{OPEN}")
    return Signal(kind) if stem.isdigit() and kind in list(Signal) else None


def _settle(place: Place, file_name: str, known: set[bytes], found: Recovered) -> None:
    signal, path = _signal(file_name), place.folder / file_name
    assert signal is not None
    was_open = file_name.endswith(f".{OPEN}")
    data = place.files.read(path)
    good = list(scan(data, signal))
    kept = [frame for frame in good if frame.digest not in known] if was_open else good
    known.update(frame.digest for frame in kept)
    found.repeated_frames += len(good) - len(kept)
    end = good[-1].end if good else 0
    if was_open:
        found.torn_files += end < len(data)
        found.torn_bytes += len(data) - end
    if _size(good) != (end if was_open else len(data)):
        found.damaged.append(file_name)
        write(place, path.with_name(f"{file_name}.{_DAMAGED}"), [data])
    final = place.closed_path(file_name.split(".", 1)[0], signal)
    _close(place, path, final, data, kept)
    if kept:
        found.frames += len(kept)
        records = b"".join(record(frame.digest, frame.received) for frame in kept)
        found.segments.append(Segment(final.stem, signal, final, _size(kept), len(kept), records))


def _close(place: Place, path: Path, final: Path, data: bytes, kept: list[Scanned]) -> None:
    """Leave exactly the kept frames under the final name."""
    end = kept[-1].end if kept else 0
    if not kept:
        place.files.unlink(path)
    elif _size(kept) != end or (end < len(data) and path == final):
        replace(place, final, [data[frame.start : frame.end] for frame in kept])
        if path != final:
            place.files.unlink(path)
    elif path != final:
        _cut(place, path, len(data), end)
        place.files.rename(path, final)


def _size(frames: list[Scanned]) -> int:
    return sum(frame.end - frame.start for frame in frames)


def _cut(place: Place, path: Path, size: int, end: int) -> None:
    file = place.files.reopen(path)
    try:
        if end < size:
            file.truncate(end)
        # Also when nothing is cut: what was read may never have reached the disk.
        file.sync()
    finally:
        file.close()
