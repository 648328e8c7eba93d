"""The spool: joins what arrives together into one sync, answers it, and passes closed segments on."""

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spanwise_collector.errors import Refused, SpoolFull, SpoolUnavailable
from spanwise_collector.spool.committer import Committer, Pending, Receipt
from spanwise_collector.spool.files import Clock, Files, SystemClock, SystemFiles
from spanwise_collector.spool.frame import Frame, encode
from spanwise_collector.spool.receipts import ReceiptLog, Receipts, read_records
from spanwise_collector.spool.recovery import Recovered, last_name, recover
from spanwise_collector.spool.rewrite import Mend, mend_segment, write
from spanwise_collector.spool.segment import Names, Place, Segment, Signal
from spanwise_collector.spool.writer import Limits

_FULL_DELAY = 2.0
_ROOM = 0.95
# Closed segments from which the store counts as behind: as many as are inserted side by side.
_BEHIND = 2
# Seconds by which an answer is held back where twice `brake_bytes` wait, and at the most.
_BRAKE = 0.25
_LONGEST_BRAKE = 1.0


@dataclass(frozen=True, slots=True)
class SpoolStats:
    """Figures of one moment; counts are since the start. `error` is the last failure while it lasts.

    `oldest` is when the oldest closed segment was begun, in nanoseconds since the epoch.
    """

    bytes: int
    max_bytes: int
    segments: int
    oldest: int | None
    frames: int
    repeated: int
    remembered: int
    error: str | None


class Spool:
    """A durable queue of requests, in segments, in front of the store.

    `append` returns once the body survives a loss of power. `closed` gives closed segments in order; whoever
    takes one calls `release` after the store has proved that it keeps it, and never before. A segment that is
    not released is in `closed` again after the next start.

    Safe for threads: any event loop may append, and any thread may release.
    """

    def __init__(  # noqa: PLR0913 - each is one setting, by name
        self,
        folder: Path,
        *,
        segment_bytes: int = 32 * 2**20,
        segment_age: float = 0.3,
        max_bytes: int = 4 * 2**30,
        brake_bytes: int = 64 * 2**20,
        resend_window: float = 600.0,
        clock: Clock | None = None,
        files: Files | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._place = Place(folder, files or SystemFiles(), clock, Names(clock))
        self._clock = clock
        self._max_bytes = max_bytes
        self._brake_bytes = brake_bytes
        limits = Limits(segment_bytes, segment_age)
        self._receipts = Receipts(resend_window)
        self._log = ReceiptLog(self._place, resend_window)
        self._log_lock = threading.Lock()
        self._committer = Committer(
            self._place, limits, self._publish, self._settled, lambda: len(self._held) >= _BEHIND
        )
        # Guards all that follows. Taken before the committer's own, never after.
        self._lock = threading.Lock()
        self._in_flight: dict[bytes, Pending] = {}
        self._held: dict[str, int] = {}
        self._bytes = self._frames = self._repeated = 0
        self._running = self._full = False
        self.closed: queue.SimpleQueue[Segment] = queue.SimpleQueue()

    def start(self) -> Recovered:
        """Put the folder in order, queue what waits for the store, and begin to accept.

        Call it once, holding the lock of the data folder. Raises OSError where the folder cannot be used.
        """
        place = self._place
        place.files.make_folder(place.folder)
        place.names.skip_to(max(last_name(place), self._log.last_name()))
        known = set()
        for digest, received in self._log.load():
            self._receipts.add(digest, received)
            known.add(digest)
        found = recover(place, known)
        found.receipts = len(self._receipts)
        for segment in found.segments:
            for digest, received in read_records(segment.records):
                self._receipts.add(digest, received)
            self._bytes += segment.bytes
            self._publish(segment)
        self._receipts.purge(self._clock.time_ns())
        self._running = True
        self._committer.start()
        return found

    def prepare(self, signal: Signal, project: str, body: bytes, weight: int = 0) -> Frame:
        """The frame of a request. Costs a hash and a checksum of the body: use a thread if that is large."""
        return encode(signal, project, self._clock.time_ns(), body, weight)

    def refusal(self, signal: Signal) -> Refused | None:
        """Why no request of a signal can be taken now, for whoever would rather not read its body; None when one can.

        A spool that was full counts as full until the store has made room: a twentieth of its size.
        """
        with self._lock:
            if self._full and self._bytes > self._max_bytes * _ROOM:
                return self._no_room()
            self._full = False
            return self._committer.refusal(signal)

    async def append(self, signal: Signal, project: str, body: bytes) -> Receipt:
        """`prepare` and `commit` in one."""
        return await self.commit(self.prepare(signal, project, body))

    async def commit(self, frame: Frame) -> Receipt:
        """Return once the frame survives a loss of power.

        Raises SpoolFull or SpoolUnavailable with nothing acknowledged. Cancelling takes nothing back: the
        same body sent again finds the outcome of this one.
        """
        loop = asyncio.get_running_loop()
        await self._brake()
        with self._lock:
            self._receipts.purge(frame.received)
            if frame.digest in self._receipts:
                self._repeated += 1
                return Receipt(repeated=True)
            pending = self._in_flight.get(frame.digest)
            repeated = pending is not None
            if pending is None:
                pending = self._admit(frame)
            future: asyncio.Future[Receipt] = loop.create_future()
            pending.waiters.append((loop, future))
        await future
        return Receipt(repeated=repeated)

    async def _brake(self) -> None:
        """Answer later, the more waits for the store: senders wait for answers, so what is sent is searchable soon."""
        over = self._bytes / self._brake_bytes - 1
        if over > 0:
            await asyncio.sleep(min(over * _BRAKE, _LONGEST_BRAKE))

    def release(self, *segments: Segment) -> None:
        """Make the receipts of segments durable and delete them: the store has proved that it keeps them.

        Idempotent. Raises OSError only where a file cannot be deleted or its folder not be synced.
        """
        if not segments:
            return
        with self._log_lock:
            now, name = self._clock.time_ns(), max(segment.name for segment in segments)
            kept = b"".join(segment.records for segment in segments)
            written = self._remember(kept, name, now)
            for segment in segments:
                self._place.files.unlink(segment.path)
            self._place.sync()
            if not written:
                self._remember(kept, name, now)
        with self._lock:
            self._bytes -= sum(self._held.pop(segment.name, 0) for segment in segments)
        self._committer.look()

    def set_aside(self, segment: Segment, folder: Path, reason: str) -> Path:
        """Move a segment that the store refuses for good to `folder`, on the same disk, with the reason beside it.

        Both are durable on return, and so are its receipts; it counts as released. Raises OSError. Idempotent.
        """
        place, target = self._place, folder / segment.path.name
        place.files.make_folder(folder)
        with self._log_lock:
            write(place, folder / f"{target.name}.reason", [f"{reason}\n".encode()])
            self._remember(segment.records, segment.name, self._clock.time_ns())
            if segment.path.name in place.files.names(place.folder):
                place.files.rename(segment.path, target)
            place.files.sync_folder(folder)
            place.sync()
        with self._lock:
            self._bytes -= self._held.pop(segment.name, 0)
        self._committer.look()
        return target

    def mend(self, segment: Segment, mend: Mend) -> Segment:
        """Rewrite a segment that the store refuses, its frames passed through `mend`; keeps name and receipts.

        For whoever took the segment from `closed`, and only before `release`. Raises OSError with nothing changed.
        """
        mended = mend_segment(self._place, segment, mend)
        with self._lock:
            self._bytes += mended.bytes - self._held.get(segment.name, mended.bytes)
            self._held[segment.name] = mended.bytes
        return mended

    def barrier(self) -> Callable[[], bool]:
        """A question that becomes true once all that was taken before this call is stored or set aside.

        The segments with it are closed, however far the store is behind.
        """
        with self._lock:
            pending = set(self._in_flight)
        self._committer.close_now()
        names: set[str] | None = None

        def passed() -> bool:
            nonlocal names
            with self._lock:
                if not pending.isdisjoint(self._in_flight):
                    return False
            # In this order: a segment is among the held before it is no longer open.
            here = self._committer.opened()
            with self._lock:
                here |= set(self._held)
            names = here if names is None else names & here
            return not names

        return passed

    def stats(self) -> SpoolStats:
        """Cheap enough for every request of a health page."""
        with self._lock:
            return SpoolStats(
                bytes=self._bytes,
                max_bytes=self._max_bytes,
                segments=len(self._held),
                oldest=int(min(self._held)) if self._held else None,
                frames=self._frames,
                repeated=self._repeated,
                remembered=len(self._receipts),
                error=self._committer.error(),
            )

    def close(self) -> None:
        """Refuse what comes from now on, answer what has come, close every segment. Idempotent."""
        with self._lock:
            self._running = False
        self._committer.stop()
        with self._log_lock:
            self._log.close()

    def _remember(self, kept: bytes, name: str, now: int) -> bool:
        # A full disk must not keep segments from being deleted: that is what makes it less full. The caller
        # tries again then; should we be killed between, a resent body of these could be stored twice.
        try:
            self._log.append(kept, name, now)
        except OSError:
            return False
        return True

    def _admit(self, frame: Frame) -> Pending:
        if not self._running:
            raise SpoolUnavailable("The collector is not running: it is starting or stopping.")
        refusal = self._committer.refusal(frame.signal)
        if refusal is not None:
            raise refusal
        if self._bytes + frame.size > self._max_bytes:
            self._full = True
            raise self._no_room()
        pending = Pending(frame)
        self._bytes += frame.size
        self._in_flight[frame.digest] = pending
        self._committer.submit(pending)
        return pending

    def _no_room(self) -> SpoolFull:
        return SpoolFull(
            f"{self._bytes} bytes wait for the store, and spool_max_bytes is {self._max_bytes}.", delay=_FULL_DELAY
        )

    def _publish(self, segment: Segment) -> None:
        with self._lock:
            self._held[segment.name] = segment.bytes
        self.closed.put(segment)

    def _settled(self, batch: list[Pending]) -> None:
        with self._lock:
            for pending in batch:
                frame = pending.frame
                del self._in_flight[frame.digest]
                if pending.error is None:
                    self._receipts.add(frame.digest, frame.received)
                    self._frames += 1
                else:
                    self._bytes -= frame.size
