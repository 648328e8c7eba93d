"""A world in which processes wait for time, for each other and for room: a simulation by discrete events."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Generator
from typing import Any, TypeAlias

Process: TypeAlias = Generator[Any, Any, Any]
NEVER = 1 << 62


class Event:
    """Something that happens once; whoever waits for it goes on then."""

    __slots__ = ("happened", "waiting")

    def __init__(self) -> None:
        self.happened = False
        self.waiting: list[_Wait] = []


class _Wait:
    __slots__ = ("over", "process")

    def __init__(self, process: Process) -> None:
        self.process = process
        self.over = False


class Room:
    """Room for so many at once: workers of an instance, connections of a pool. Who came first gets in first."""

    __slots__ = ("free", "queue")

    def __init__(self, size: int) -> None:
        self.free = size
        self.queue: deque[Event] = deque()


class World:
    """Runs processes: generators that yield nanoseconds to sleep, or an event and how long they wait for it."""

    def __init__(self) -> None:
        self.now = 0
        self._due: list[tuple[int, int, Process, Any]] = []
        self._count = 0

    def start(self, process: Process, delay: int = 0) -> None:
        """Let a process begin."""
        self._later(delay, process, None)

    def happen(self, event: Event) -> None:
        """Wake all who wait for an event."""
        event.happened = True
        for wait in event.waiting:
            if not wait.over:
                wait.over = True
                self._later(0, wait.process, True)

    def enter(self, room: Room, patience: int = NEVER) -> Process:
        """Wait for room; whether there was some in time."""
        if room.free > 0:
            room.free -= 1
            return True
        turn = Event()
        room.queue.append(turn)
        if (yield turn, patience):
            return True
        room.queue.remove(turn)
        return False

    def leave(self, room: Room) -> None:
        """Give room to the next one."""
        if room.queue:
            self.happen(room.queue.popleft())
        else:
            room.free += 1

    def run(self, until: int) -> None:
        """Let everything happen that is due until then."""
        while self._due and self._due[0][0] <= until:
            self.now, _, process, value = heapq.heappop(self._due)
            self._step(process, value)

    def _step(self, process: Process, value: Any) -> None:
        if isinstance(value, _Wait):
            if value.over:
                return
            value.over, value = True, False
        try:
            wish = process.send(value)
        except StopIteration:
            return
        if isinstance(wish, int):
            self._later(wish, process, None)
            return
        event, patience = wish
        if event.happened:
            self._later(0, process, True)
            return
        wait = _Wait(process)
        event.waiting.append(wait)
        if patience < NEVER:
            self._later(patience, process, wait)

    def _later(self, delay: int, process: Process, value: Any) -> None:
        self._count += 1
        heapq.heappush(self._due, (self.now + delay, self._count, process, value))
