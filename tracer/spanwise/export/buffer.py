"""The queue between the application's threads and the exporter: bounded by items and by bytes."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

from spanwise.export.counters import Counters

T = TypeVar("T")


class Buffer(Generic[T]):
    """A first-in first-out queue that never blocks: what does not fit is dropped and counted.

    The newest is refused when the queue is full, so that what was accepted stays. The lock can be taken
    again by the thread that holds it, because a signal handler may flush in the middle of `put`.
    """

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self.counters = Counters()
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._bytes = 0
        self._items: deque[tuple[T, int]] = deque()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def bytes(self) -> int:
        """The estimated bytes of what is queued."""
        return self._bytes

    def put(self, item: T, size: int) -> int:
        """Queue one item of an estimated size; the number of items queued then, 0 when it was dropped."""
        with self._lock:
            self.counters.created += 1
            if len(self._items) >= self._max_items:
                self.counters.dropped["queue_full"] += 1
                return 0
            if self._bytes + size > self._max_bytes:
                self.counters.dropped["queue_bytes"] += 1
                return 0
            self._items.append((item, size))
            self._bytes += size
            return len(self._items)

    def take(self, limit: int) -> list[T]:
        """Remove and return the oldest items, at most `limit`."""
        taken: list[T] = []
        with self._lock:
            while self._items and len(taken) < limit:
                item, size = self._items.popleft()
                self._bytes -= size
                taken.append(item)
        return taken
