"""A spool on a disk in memory, without threads: what the committer does, step by step and repeatable."""

from __future__ import annotations

from pathlib import Path

from spanwise_collector.spool import Segment, Signal
from spanwise_collector.spool.frame import encode, scan
from spanwise_collector.spool.receipts import ReceiptLog
from spanwise_collector.spool.recovery import Recovered, last_name, recover
from spanwise_collector.spool.segment import Names, Place
from spanwise_collector.spool.writer import Limits, SegmentWriter

from tests.collector.spool.memory import Disk, TickingClock

FOLDER = Path("/spool")
OURS = len(b"\xc2\x3e\x01p") + 10 + 6  # what we add to a body of the project "p"


class Journal:
    """The synchronous core of a spool: one writer, the receipts, and recovery at the beginning."""

    def __init__(self, disk: Disk, clock: TickingClock, *, segment_bytes: int = 400) -> None:
        self.disk = disk
        self.clock = clock
        self.place = Place(FOLDER, disk, clock, Names(clock))
        self.log = ReceiptLog(self.place, 600)
        self.place.names.skip_to(max(last_name(self.place), self.log.last_name()))
        self.known = {digest for digest, _ in self.log.load()}
        self.found: Recovered = recover(self.place, self.known)
        self.closed: list[Segment] = list(self.found.segments)
        self.writer = SegmentWriter(self.place, Signal.TRACES, Limits(segment_bytes, 1.0), self.closed.append)

    def append(self, *bodies: bytes) -> int:
        """How many of the bodies, from the first, may be acknowledged."""
        return self.writer.append([encode(Signal.TRACES, "p", self.clock.wall, body) for body in bodies])

    def release(self) -> Segment:
        """Let go of the oldest closed segment, as the spool does."""
        segment = self.closed.pop(0)
        self.log.append(segment.records, segment.name, self.clock.wall)
        self.disk.unlink(segment.path)
        self.place.sync()
        return segment

    def bodies(self, segment: Segment) -> list[bytes]:
        data = self.disk.read(segment.path)
        found = [data[f.body_start : f.end] for f in scan(data, Signal.TRACES)]
        assert sum(f.end - f.start for f in scan(data, Signal.TRACES)) == len(data) == segment.bytes
        assert len(found) == segment.frames
        return [body[:-OURS] for body in found]

    def all_bodies(self) -> list[bytes]:
        return [body for segment in self.closed for body in self.bodies(segment)]
