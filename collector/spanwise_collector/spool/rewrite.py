"""Replaces the content of a closed segment in one durable step."""

from collections.abc import Callable
from dataclasses import replace as changed
from pathlib import Path

from spanwise_collector.errors import Refused
from spanwise_collector.spool.frame import encode, scan
from spanwise_collector.spool.segment import Place, Segment, Signal

REWRITTEN = "rewritten"

Mend = Callable[[Signal, bytes], tuple[str, bytes]]


def mend_segment(place: Place, segment: Segment, mend: Mend) -> Segment:
    """The segment with every frame's message passed through `mend`, which returns its project and its body.

    Durable on return; until then the old content stays. Its receipts stay those of what was received. Refused where a
    disk has damaged it: a frame that cannot be read would be gone without a word.
    """
    data = place.files.read(segment.path)
    frames = list(scan(data, segment.signal))
    if sum(frame.end - frame.start for frame in frames) != len(data):
        raise Refused("The segment is not what was written: its disk has damaged it.")
    parts: list[bytes] = []
    for frame in frames:
        project, body = mend(segment.signal, data[frame.body_start : frame.end])
        parts += encode(segment.signal, project, frame.received, body).buffers
    replace(place, segment.path, parts)
    return changed(segment, bytes=sum(map(len, parts)))


def replace(place: Place, path: Path, parts: list[bytes]) -> None:
    """Make `parts` the content of a file, whole or not at all."""
    rewritten = path.with_name(f"{path.name}.{REWRITTEN}")
    write(place, rewritten, parts)
    place.files.rename(rewritten, path)
    place.sync()


def write(place: Place, path: Path, parts: list[bytes]) -> None:
    """Make a file of `parts`, durable on return; one that an earlier try left behind is replaced."""
    place.files.unlink(path)
    file = place.files.create(path)
    try:
        file.write(parts)
        file.sync()
    finally:
        file.close()
    place.sync()
