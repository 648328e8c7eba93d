"""The thread that makes frames durable: it takes all that wait, writes them, and syncs once for all."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from spanwise_collector.errors import SpoolUnavailable
from spanwise_collector.spool.frame import Frame
from spanwise_collector.spool.segment import Place, Segment, Signal
from spanwise_collector.spool.writer import Limits, SegmentWriter


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that a request survives. `repeated`: the same bytes were stored by an earlier one."""

    repeated: bool


@dataclass(slots=True)
class Pending:
    """A frame on its way to the disk, and who waits for it. `error` is set once it has failed."""

    frame: Frame
    waiters: "list[tuple[asyncio.AbstractEventLoop, asyncio.Future[Receipt]]]" = field(default_factory=list)
    error: SpoolUnavailable | None = None


class Committer:
    """Writes what is submitted, in order, in one thread of its own.

    `settled` is called in that thread with every batch that has an outcome, before its waiters are answered. While the
    store is `behind`, segments are closed when they are full or very old: an insert costs nearly the same whatever its
    size.
    """

    def __init__(
        self,
        place: Place,
        limits: Limits,
        publish: Callable[[Segment], None],
        settled: Callable[[list[Pending]], None],
        behind: Callable[[], bool],
    ) -> None:
        self._clock = place.clock
        self._settled = settled
        self._behind = behind
        self._wake = threading.Condition()
        self._waiting: list[Pending] = []
        self._running = True
        self._at_once = False
        self._writers = {signal: SegmentWriter(place, signal, limits, publish) for signal in Signal}
        self._thread = threading.Thread(target=self._run, name="spool-committer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, pending: Pending) -> None:
        """Wait in line. Never after `stop`."""
        with self._wake:
            self._waiting.append(pending)
            if len(self._waiting) == 1:
                self._wake.notify()

    def look(self) -> None:
        """Look at once whether the store is still behind."""
        with self._wake:
            self._wake.notify()

    def close_now(self) -> None:
        """Close every segment with what was submitted before this call in it; does not wait for that."""
        with self._wake:
            self._at_once = True
            self._wake.notify()

    def stop(self) -> None:
        """Settle all that was submitted, close every segment, and return. Idempotent."""
        with self._wake:
            self._running = False
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()

    def refusal(self, signal: Signal) -> SpoolUnavailable | None:
        """Why nothing of a signal is tried at the moment: its writing failed a short while ago."""
        writer = self._writers[signal]
        pause = writer.retry_at - self._clock.monotonic()
        return _unavailable(writer.error, pause) if writer.error is not None and pause > 0 else None

    def opened(self) -> set[str]:
        """The names of the segments that are being written."""
        return {name for writer in self._writers.values() if (name := writer.opened()) is not None}

    def error(self) -> str | None:
        """The last failure of the disk, while it lasts."""
        return next((str(writer.error) for writer in self._writers.values() if writer.error is not None), None)

    def _run(self) -> None:
        running = True
        while running:
            with self._wake:
                if not self._waiting and self._running and not self._at_once:
                    self._wake.wait(self._until_due())
                batch, self._waiting = self._waiting, []
                at_once, self._at_once = self._at_once, False
                running = self._running or bool(batch)
            if batch:
                self._commit(batch)
            # After the answers: closing a segment takes two syncs of its own.
            patient = self._behind()
            for writer in self._writers.values():
                writer.tend(patient, at_once)
        for writer in self._writers.values():
            writer.close()

    def _until_due(self) -> float | None:
        patient = self._behind()
        due = [moment for writer in self._writers.values() if (moment := writer.due(patient)) is not None]
        return max(0.0, min(due) - self._clock.monotonic()) if due else None

    def _commit(self, batch: list[Pending]) -> None:
        for signal, writer in self._writers.items():
            mine = [pending for pending in batch if pending.frame.signal == signal]
            done = writer.append([pending.frame for pending in mine]) if mine else 0
            for pending in mine[done:]:
                pending.error = _unavailable(writer.error, max(0.0, writer.retry_at - self._clock.monotonic()))
        self._settled(batch)
        _answer(batch)


def _answer(batch: list[Pending]) -> None:
    """One call into each loop, however many wait there."""
    outcomes = [(loop, future, pending.error) for pending in batch for loop, future in pending.waiters]
    for loop in {loop for loop, _, _ in outcomes}:
        mine = [(future, error) for its, future, error in outcomes if its is loop]
        try:
            loop.call_soon_threadsafe(_resolve, mine)
        except RuntimeError:
            continue  # the loop is closed: nobody is left to be told


def _resolve(outcomes: "list[tuple[asyncio.Future[Receipt], SpoolUnavailable | None]]") -> None:
    for future, error in outcomes:
        if future.done():
            continue  # cancelled by its own request
        if error is None:
            future.set_result(Receipt(repeated=False))
        else:
            future.set_exception(SpoolUnavailable(error.message, delay=error.delay or 1.0))


def _unavailable(error: OSError | None, delay: float) -> SpoolUnavailable:
    cause = error.strerror if error is not None and error.strerror else "input/output error"
    return SpoolUnavailable(f"The spool cannot be written: {cause}.", delay=delay)
