"""The spool: joins what arrives together into one sync, answers it, and passes closed segments on."""

import asyncio
import queue
import threading
from dataclasses import dataclass, field
from pathlib import Path

from spanwise_collector.errors import SpoolFull, SpoolUnavailable
from spanwise_collector.spool.files import Clock, Files, SystemClock, SystemFiles
from spanwise_collector.spool.frame import Frame, encode
from spanwise_collector.spool.receipts import ReceiptLog, Receipts, read_records
from spanwise_collector.spool.recovery import Recovered, last_name, recover
from spanwise_collector.spool.rewrite import Mend, mend_segment, write
from spanwise_collector.spool.segment import Names, Place, Segment, Signal
from spanwise_collector.spool.writer import Limits, SegmentWriter

_FULL_DELAY = 2.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that a request survives. `repeated`: the same bytes were stored by an earlier one."""

    repeated: bool


@dataclass(frozen=True, slots=True)
class SpoolStats:
    """Figures of one moment; counts are since the start. `error` is the last failure while it lasts."""

    bytes: int
    max_bytes: int
    segments: int
    frames: int
    repeated: int
    remembered: int
    error: str | None


@dataclass(slots=True)
class _Pending:
    frame: Frame
    waiters: "list[tuple[asyncio.AbstractEventLoop, asyncio.Future[Receipt]]]" = field(default_factory=list)


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
        segment_bytes: int = 16 * 2**20,
        segment_age: float = 0.3,
        max_bytes: int = 4 * 2**30,
        resend_window: float = 600.0,
        clock: Clock | None = None,
        files: Files | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._place = Place(folder, files or SystemFiles(), clock, Names(clock))
        self._clock = clock
        self._max_bytes = max_bytes
        self._limits = Limits(segment_bytes, segment_age)
        self._receipts = Receipts(resend_window)
        self._log = ReceiptLog(self._place, resend_window)
        self._log_lock = threading.Lock()
        # Guards all that follows but the writers, which belong to the committer.
        self._wake = threading.Condition()
        self._waiting: list[_Pending] = []
        self._in_flight: dict[bytes, _Pending] = {}
        self._held: dict[str, int] = {}
        self._bytes = self._frames = self._repeated = 0
        self._running = False
        self._writers = {signal: SegmentWriter(self._place, signal, self._limits, self._publish) for signal in Signal}
        self._committer = threading.Thread(target=self._run, name="spool-committer", daemon=True)
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

    def prepare(self, signal: Signal, project: str, body: bytes) -> Frame:
        """The frame of a request. Costs a hash and a checksum of the body: use a thread if that is large."""
        return encode(signal, project, self._clock.time_ns(), body)

    async def append(self, signal: Signal, project: str, body: bytes) -> Receipt:
        """`prepare` and `commit` in one."""
        return await self.commit(self.prepare(signal, project, body))

    async def commit(self, frame: Frame) -> Receipt:
        """Return once the frame survives a loss of power.

        Raises SpoolFull or SpoolUnavailable with nothing acknowledged. Cancelling takes nothing back: the
        same body sent again finds the outcome of this one.
        """
        loop = asyncio.get_running_loop()
        with self._wake:
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
        with self._wake:
            self._bytes -= sum(self._held.pop(segment.name, 0) for segment in segments)
            self._receipts.purge(now)

    def set_aside(self, segment: Segment, folder: Path, reason: str) -> Path:
        """Move a segment that the store refuses for good to `folder`, on the same disk, with the reason beside it.

        Both are durable on return, and so are its receipts; it counts as released. Raises OSError.
        """
        place, target = self._place, folder / segment.path.name
        place.files.make_folder(folder)
        with self._log_lock:
            write(place, folder / f"{target.name}.reason", [f"{reason}\n".encode()])
            self._remember(segment.records, segment.name, self._clock.time_ns())
            place.files.rename(segment.path, target)
            place.files.sync_folder(folder)
            place.sync()
        with self._wake:
            self._bytes -= self._held.pop(segment.name, 0)
        return target

    def mend(self, segment: Segment, mend: Mend) -> Segment:
        """Rewrite a segment that the store refuses, its frames passed through `mend`; keeps name and receipts.

        For whoever took the segment from `closed`, and only before `release`. Raises OSError with nothing changed.
        """
        mended = mend_segment(self._place, segment, mend)
        with self._wake:
            self._bytes += mended.bytes - self._held.get(segment.name, mended.bytes)
            self._held[segment.name] = mended.bytes
        return mended

    def stats(self) -> SpoolStats:
        """Cheap enough for every request of a health page."""
        errors = [str(writer.error) for writer in self._writers.values() if writer.error is not None]
        with self._wake:
            return SpoolStats(
                bytes=self._bytes,
                max_bytes=self._max_bytes,
                segments=len(self._held),
                frames=self._frames,
                repeated=self._repeated,
                remembered=len(self._receipts),
                error=errors[0] if errors else None,
            )

    def close(self) -> None:
        """Refuse what comes from now on, answer what has come, close every segment. Idempotent."""
        with self._wake:
            self._running = False
            self._wake.notify_all()
        if self._committer.is_alive():
            self._committer.join()
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

    def _admit(self, frame: Frame) -> _Pending:
        if not self._running:
            raise SpoolUnavailable("The collector is not running: it is starting or stopping.")
        writer = self._writers[frame.signal]
        wait = writer.retry_at - self._clock.monotonic() if writer.error is not None else 0.0
        if wait > 0:
            raise _unavailable(writer.error, wait)
        if self._bytes + frame.size > self._max_bytes:
            raise SpoolFull(
                f"{self._bytes} bytes wait for the store, and spool_max_bytes is {self._max_bytes}.",
                delay=_FULL_DELAY,
            )
        pending = _Pending(frame)
        self._bytes += frame.size
        self._in_flight[frame.digest] = pending
        self._waiting.append(pending)
        if len(self._waiting) == 1:
            self._wake.notify()
        return pending

    def _publish(self, segment: Segment) -> None:
        with self._wake:
            self._held[segment.name] = segment.bytes
        self.closed.put(segment)

    def _run(self) -> None:
        running = True
        while running:
            with self._wake:
                if not self._waiting and self._running:
                    self._wake.wait(self._until_due())
                batch, self._waiting = self._waiting, []
                running = self._running or bool(batch)
            if batch:
                self._commit_batch(batch)
            for writer in self._writers.values():
                writer.tend()
        for writer in self._writers.values():
            writer.close()

    def _until_due(self) -> float | None:
        due = [writer.due for writer in self._writers.values() if writer.due is not None]
        return max(0.0, min(due) - self._clock.monotonic()) if due else None

    def _commit_batch(self, batch: list[_Pending]) -> None:
        durable: list[_Pending] = []
        failed: list[tuple[_Pending, SpoolUnavailable]] = []
        for signal, writer in self._writers.items():
            mine = [pending for pending in batch if pending.frame.signal == signal]
            done = writer.append([pending.frame for pending in mine]) if mine else 0
            durable += mine[:done]
            failed += [(pending, _unavailable(writer.error, _delay(writer, self._clock))) for pending in mine[done:]]
        outcomes: list[_Outcome] = []
        with self._wake:
            for pending in batch:
                del self._in_flight[pending.frame.digest]
            for pending in durable:
                self._receipts.add(pending.frame.digest, pending.frame.received)
                outcomes += [(*waiter, None) for waiter in pending.waiters]
            for pending, error in failed:
                self._bytes -= pending.frame.size
                outcomes += [(*waiter, error) for waiter in pending.waiters]
            self._frames += len(durable)
        _answer(outcomes)


_Outcome = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Receipt]", SpoolUnavailable | None]


def _answer(outcomes: list[_Outcome]) -> None:
    """One call into each loop, however many wait there."""
    for loop in {outcome[0] for outcome in outcomes}:
        try:
            loop.call_soon_threadsafe(_settle, [outcome for outcome in outcomes if outcome[0] is loop])
        except RuntimeError:
            continue  # the loop is closed: nobody is left to be told


def _settle(outcomes: list[_Outcome]) -> None:
    for _, future, error in outcomes:
        if future.done():
            continue  # cancelled by its own request
        if error is None:
            future.set_result(Receipt(repeated=False))
        else:
            future.set_exception(SpoolUnavailable(error.message, delay=error.delay or 1.0))


def _delay(writer: SegmentWriter, clock: Clock) -> float:
    return max(0.0, writer.retry_at - clock.monotonic())


def _unavailable(error: OSError | None, delay: float) -> SpoolUnavailable:
    cause = error.strerror if error is not None and error.strerror else "input/output error"
    return SpoolUnavailable(f"The spool cannot be written: {cause}.", delay=delay)
