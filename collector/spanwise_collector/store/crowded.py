"""Segments for which there was no memory beside others: each is tried alone now and then, and given up in the end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

# What is too much alone is so each time; what a query or a merge took meanwhile is given back within a minute.
TRIES: Final = 4
SECONDS: Final = 15.0
# An hour of refusals while nothing else is there to store: what is lying alone has the whole store for itself.
QUIET_TRIES: Final = 240

S = TypeVar("S")


@dataclass(slots=True)
class Crowded(Generic[S]):
    """A segment, when it may be tried again, and how many segments were stored by the last refusal.

    `refusals` are those that count, `quiet` those of late, one after the other, while nothing else waited.
    """

    segment: S
    due: float
    stored: int
    refusals: int = 0
    quiet: int = 0


class Shelf(Generic[S]):
    """Where they lie meanwhile, in order. `clock` is monotonic, in seconds; safe for threads.

    One that is taken belongs here until it is given up or let go.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lying: list[Crowded[S]] = []
        self._stored = -1
        self._owned = 0

    def put(self, segment: S, stored: int) -> None:
        """Lay one aside; `stored` is how many segments have been stored until now."""
        with self._lock:
            self._lying.append(Crowded(segment, self._clock() + SECONDS, stored))
            self._owned += 1

    def take(self, stored: int, idle: bool) -> Crowded[S] | None:
        """One that is to be tried alone, unless others wait (not `idle`) and none was stored since the last."""
        with self._lock:
            if not self._lying or self._clock() < self._lying[0].due or (stored == self._stored and not idle):
                return None
            self._stored = stored
            return self._lying.pop(0)

    def refused(self, crowded: Crowded[S], stored: int, idle: bool) -> bool:
        """Whether one that had no memory alone is given up; else it lies here again.

        A refusal counts where others were stored since the one before: then the store is well. Where none is there to
        be stored (`idle`, and no other belongs here), QUIET_TRIES of them in a row count. Where others wait and have no
        memory either, the store is ill, and all wait for it.
        """
        with self._lock:
            crowded.refusals += stored > crowded.stored
            crowded.quiet = crowded.quiet + 1 if idle and self._owned == 1 else 0
            if crowded.refusals >= TRIES or crowded.quiet >= QUIET_TRIES:
                self._owned -= 1
                return True
            crowded.stored, crowded.due = stored, self._clock() + SECONDS
            self._lying.append(crowded)
            return False

    def let_go(self) -> None:
        """One that was taken is stored, or waits among the others again."""
        with self._lock:
            self._owned -= 1
