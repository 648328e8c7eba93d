"""The loader: closed segments of the spool into the engine, each once."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from spanwise_collector.errors import Refused, StoreError
from spanwise_collector.store.codes import TOO_MUCH_MEMORY, code_of, is_trouble
from spanwise_collector.store.crowded import QUIET_TRIES, SECONDS, TRIES, Crowded, Shelf
from spanwise_collector.store.engine import Engine, Inserter, StoreAway

_log = logging.getLogger(__name__)

_TABLES: Final = {
    "traces": ("otlp_traces", "TracesRequest"),
    "logs": ("otlp_logs", "LogsRequest"),
    "metrics": ("otlp_metrics", "MetricsRequest"),
}
_REFUSALS: Final = 4
# Refusals for want of memory after which other segments have their turn: this one may be what is too much.
_TURN: Final = 4
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_POLL: Final = 0.2


class Segment(Protocol):
    """What the loader must know of a closed segment: the frames of one signal in one file."""

    @property
    def name(self) -> str: ...
    @property
    def signal(self) -> str: ...
    @property
    def path(self) -> Path: ...


S = TypeVar("S", bound=Segment)


@dataclass(slots=True)
class LoaderState:
    """What the loader has done since it started."""

    loaded: int = 0
    insert_seconds: float = 0.0
    last_error: str = ""


class Loader(Generic[S]):
    """Takes segments from `segments` in order and inserts each under its name as deduplication token.

    `release` is called once a segment's rows are fsynced. What the engine refuses goes through `mend` once, to be
    written in a form that every protobuf reader takes, and to `set_aside` with the reason after `_REFUSALS` refusals;
    trouble of the store itself is waited for without end. Where that is want of memory others are loaded meanwhile, and
    what has none alone either, again and again (crowded.py), is set aside too.
    Where the disk fails `release` or `set_aside`, it is called again until it succeeds. After a crash a segment may be
    inserted again: the engine knows the token. Two threads insert side by side, since one insert uses one core.
    """

    def __init__(  # noqa: PLR0913 - what a segment goes through, by name
        self,
        engine: Engine,
        segments: "queue.SimpleQueue[S]",
        release: Callable[[S], None],
        mend: Callable[[S], S],
        set_aside: Callable[[S, str], None],
        *,
        threads: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = LoaderState()
        self._engine = engine
        self._segments = segments
        self._release = release
        self._mend = mend
        self._set_aside = set_aside
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._inserting = self._in_hand = 0
        self._paused = self._alone = False
        self._shelf: Shelf[S] = Shelf(clock)
        self._turn = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name=f"spanwise-loader-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def drain(self) -> None:
        """Load all that waits at this moment, instead of `start`; StoreError where the store does not take it now.

        What has no memory, TRIES times with nothing beside it, is set aside: nobody can come later with more.
        """
        inserter = self._engine.inserter()
        try:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._load(inserter, self._segments.get_nowait(), patient=False)
        finally:
            inserter.close()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Insert nothing until the block ends, and begin it when no insert runs any more; segments wait meanwhile."""
        with self._turn:
            self._paused = True
            self._turn.wait_for(lambda: not self._inserting)
        try:
            yield
        finally:
            with self._turn:
                self._paused = False
                self._turn.notify_all()

    def close(self) -> None:
        """Finish the inserts that are running and stop; segments still queued stay on disk for the next start."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        inserter = self._way_in()
        if inserter is None:
            return
        try:
            while not self._stopping.is_set():
                crowded = self._shelf.take(self.state.loaded, self._segments.empty())
                if crowded is not None:
                    self._see_through(crowded.segment, partial(self._load_alone, inserter, crowded))
                    continue
                with contextlib.suppress(queue.Empty):
                    segment = self._segments.get(timeout=_POLL)
                    with self._held():
                        self._see_through(segment, partial(self._load, inserter, segment))
        finally:
            inserter.close()

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock:
            self._in_hand += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_hand -= 1

    def _way_in(self) -> Inserter | None:
        """Wait for the store, however long it is away; None when told to stop before."""
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                inserter = self._engine.inserter()
            except Exception as error:
                # Whatever it is: a thread that ended here would leave the spool to fill up without a word.
                self.state.last_error = str(error)
                _log.warning("Nothing can be stored yet: %.300s", error, exc_info=not isinstance(error, StoreError))
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self.state.last_error = ""
                return inserter
        return None

    def _see_through(self, segment: S, step: Callable[[], object]) -> None:
        """Take a step with a segment, however often it fails: none is ever left, and the thread never ends."""
        pause = _FIRST_PAUSE
        while True:
            try:
                step()
            except OSError as error:
                self.state.last_error = f"The spool's disk failed: {error}"
                _log.warning("Segment %s is not done with yet: %s", segment.name, error)
            except Exception as error:
                self.state.last_error = f"Segment {segment.name} cannot be loaded: {error!r}"
                _log.exception("Segment %s is not done with yet.", segment.name)
            else:
                if pause > _FIRST_PAUSE:
                    self.state.last_error = ""
                return
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _load(self, inserter: Inserter, segment: S, patient: bool = True) -> None:
        refusals, crowded, pause = 0, 0, _FIRST_PAUSE
        while (error := self._try(inserter, segment)) is not None:
            reason = str(error)
            _log.warning("Segment %s is not stored yet: %.300s", segment.name, reason)
            if self._store_is_to_blame(error):
                no_memory = code_of(reason) in TOO_MUCH_MEMORY
                crowded += no_memory
                if not patient:
                    if not no_memory:
                        raise StoreError(reason)
                    if crowded == TRIES:
                        self._set_aside(segment, f"Tried {TRIES} times with nothing beside it: {reason}")
                        return
                    pause = SECONDS
                elif crowded == _TURN:
                    self._shelf.put(segment, self.state.loaded)
                    return
            else:
                refusals += 1
                if refusals == 1:
                    segment = self._mended(segment)
                if refusals == _REFUSALS:
                    self._done(segment, partial(self._set_aside, segment, reason), patient)
                    return
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)
        self._done(segment, partial(self._release, segment), patient)

    def _load_alone(self, inserter: Inserter, crowded: Crowded[S]) -> None:
        segment = crowded.segment
        error = self._try(inserter, segment, alone=True)
        if error is None:
            self._shelf.let_go()
            self._done(segment, partial(self._release, segment))
            return
        reason = str(error)
        _log.warning("Segment %s is not stored alone either: %.300s", segment.name, reason)
        if code_of(reason) not in TOO_MUCH_MEMORY:
            # In this order: one of another thread must see that this one waits.
            self._segments.put(segment)
            self._shelf.let_go()
        elif self._shelf.refused(crowded, self.state.loaded, self._segments.empty() and not self._in_hand):
            meanwhile = f"{TRIES} times, at least {SECONDS:.0f} s apart while others were stored"
            if crowded.refusals < TRIES:
                meanwhile = f"{QUIET_TRIES} times, at least {SECONDS:.0f} s apart while nothing else waited"
            self._done(segment, partial(self._set_aside, segment, f"Tried alone {meanwhile}: {reason}"))

    def _done(self, segment: S, step: Callable[[], object], patient: bool = True) -> None:
        # Tried again by itself, and not from the insert on: the file may be gone or moved already.
        if patient:
            self._see_through(segment, step)
        else:
            step()

    def _mended(self, segment: S) -> S:
        try:
            return self._mend(segment)
        except Refused as error:
            # Then it is set aside as it is.
            _log.warning("Segment %s cannot be mended: %.300s", segment.name, error)
            return segment

    def _try(self, inserter: Inserter, segment: S, alone: bool = False) -> Exception | None:
        """Insert, `alone` while no other does; says why not."""
        with self._turn:
            self._turn.wait_for(lambda: not self._paused and not self._alone)
            # Before the others end: else the next of them would be first.
            self._alone = alone
            self._turn.wait_for(lambda: not alone or not (self._inserting or self._paused))
            self._inserting += 1
        started = time.perf_counter()
        table, message = _TABLES[segment.signal]
        try:
            inserter.insert(table, message, segment.name, segment.path)
        except Exception as error:
            self.state.last_error = str(error)
            return error
        finally:
            with self._turn:
                self._inserting -= 1
                self._alone = self._alone and not alone
                self._turn.notify_all()
        with self._lock:
            self.state.loaded += 1
            self.state.insert_seconds += time.perf_counter() - started
            self.state.last_error = ""
        return None

    def _store_is_to_blame(self, error: Exception) -> bool:
        """Whether another segment would have met the same: then waiting is right, however long it takes."""
        if isinstance(error, StoreAway) or is_trouble(str(error)):
            return True
        try:
            self._engine.check()
        except StoreError:
            return True
        return False
