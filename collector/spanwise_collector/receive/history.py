"""What came in during the last minutes, told from copies of the counters."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from spanwise_collector.model.health import RECENT_MINUTES, Counts, Recent

INTERVAL: Final = 10
_NANOS: Final = 10**9
_Key = TypeVar("_Key", bound=tuple[str, ...])


class History:
    """Copies of the counters of the last hour, one every INTERVAL seconds and one of its beginning.

    `forget` is called with the senders of whom nothing came in all that time. `clock` is in ns and never goes back.
    Any thread may ask.
    """

    def __init__(
        self,
        counts: Callable[[], Counts],
        forget: Callable[[Iterable[tuple[str, str]]], None],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._counts = counts
        self._forget = forget
        self._clock = clock
        self._lock = threading.Lock()
        # One more than fill the time, so that there is always one before its beginning.
        self._copies: deque[tuple[int, Counts]] = deque(maxlen=RECENT_MINUTES * 60 // INTERVAL + 2)
        self.take()

    def take(self) -> None:
        """Copy the counters; the oldest copy goes when there is no more room."""
        with self._lock:
            self._copies.append((self._clock(), self._counts()))
            if len(self._copies) == self._copies.maxlen:
                self._forget_quiet_senders()

    async def keep(self) -> None:
        """Copy the counters every INTERVAL seconds, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            self.take()

    def recent(self, minutes: int) -> Recent:
        """What came in during the last minutes (at most RECENT_MINUTES) and up to INTERVAL seconds before them."""
        with self._lock:
            now, counts = self._clock(), self._counts()
            since = now - minutes * 60 * _NANOS
            then, before = next((each for each in reversed(self._copies) if each[0] <= since), self._copies[0])
            return Recent(_added(before, counts), (now - then) / _NANOS, whole=then > since)

    def _forget_quiet_senders(self) -> None:
        oldest, newest = self._copies[0][1].senders, self._copies[-1][1].senders
        quiet = [sender for sender, items in newest.items() if oldest.get(sender) == items]
        self._forget(quiet)
        # Who comes back is counted from nothing on.
        for _, counts in self._copies:
            for sender in quiet:
                counts.senders.pop(sender, None)


def _added(before: Counts, after: Counts) -> Counts:
    return Counts(
        _more(before.accepted, after.accepted),
        _more(before.rejected, after.rejected),
        _more(before.repeated, after.repeated),
        _more(before.refused, after.refused),
        _more(before.senders, after.senders),
    )


def _more(before: Mapping[_Key, int], after: Mapping[_Key, int]) -> dict[_Key, int]:
    return {key: count - before.get(key, 0) for key, count in after.items() if count > before.get(key, 0)}
