"""Time that a request spent waiting for its own process: for a pooled connection, a thread, the event loop.

Each wait is an event on the span that waited, so that a diagnosis can say where unexplained time went:
name `spanwise.wait`, attributes `spanwise.wait.for` (`connection`, `thread` or `event loop`) and
`spanwise.wait.duration` in nanoseconds, ending at the event's time. Waits below a millisecond are left out.
"""

from __future__ import annotations

import asyncio
import time
from weakref import WeakKeyDictionary

from opentelemetry.trace import Span, get_current_span

EVENT, FOR, DURATION = "spanwise.wait", "spanwise.wait.for", "spanwise.wait.duration"
LEAST = 1_000_000
BEAT = 0.02
# A beat that is late by less than this is the ordinary life of a loop.
TOLERANCE = 0.01


def note_wait(kind: str, duration: int, span: Span | None = None) -> None:
    """Record that the span, or the current one, waited so many nanoseconds, up to now."""
    if duration < LEAST:
        return
    span = span or get_current_span()
    if span.is_recording():
        span.add_event(EVENT, {FOR: kind, DURATION: duration})


class LoopWatch:
    """How long an event loop was blocked, in seconds, as far as requests ran meanwhile.

    A timer beats while requests are being served, and stops with the last of them: an idle loop is left in
    peace. What a beat is late, the loop could not run anything.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._requests = 0
        self._beating = False
        self._due = 0.0
        self._blocked = 0.0

    def begin(self) -> float:
        """A request starts; what `end` is to be given."""
        self._requests += 1
        if not self._beating:
            self._beating = True
            self._schedule()
        return self._blocked

    def end(self, before: float) -> int:
        """A request is over; the nanoseconds for which the loop was blocked during it."""
        self._requests -= 1
        late = self._loop.time() - self._due - TOLERANCE if self._beating else 0.0
        return int((self._blocked - before + max(0.0, late)) * 1e9)

    def _schedule(self) -> None:
        self._due = self._loop.time() + BEAT
        self._loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        late = self._loop.time() - self._due
        if late > TOLERANCE:
            self._blocked += late
        if self._requests > 0:
            self._schedule()
        else:
            self._beating = False


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopWatch] = WeakKeyDictionary()


def watch_loop() -> LoopWatch | None:
    """The watch of the running asyncio loop; None under trio and other loops."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    found = _watches.get(loop)
    if found is None:
        found = _watches[loop] = LoopWatch(loop)
    return found


def now() -> int:
    """Nanoseconds of a clock that only goes forward."""
    return time.perf_counter_ns()
