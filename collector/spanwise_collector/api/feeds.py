"""Live tails: one look at the newest arrivals serves all clients that ask the same, each with a bounded queue."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Final

from spanwise_collector.errors import Overloaded, Refused

_BEAT_SECONDS: Final = 15.0
_POSITION: Final = b"id: "
_GRACE: Final = 1_500_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one look as they go over the wire, and what it covered: arrivals after the last until `until`."""

    messages: Sequence[bytes]
    until: int
    left_out: int = 0


Look = Callable[[int, int], Batch]
"""What arrived after one moment and until another, in ns; runs in a thread."""


@dataclass(eq=False, slots=True)
class _Client:
    waiting: deque[bytes]
    dropped: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, batch: Batch) -> None:
        self.dropped += batch.left_out
        for message in batch.messages:
            if len(self.waiting) == self.waiting.maxlen and not self.waiting[0].startswith(_POSITION):
                self.dropped += 1
            self.waiting.append(message)
        self.news.set()


class _Feed:
    def __init__(self, look: Look, position: int) -> None:
        self.look = look
        self.position = position
        self.clients: set[_Client] = set()
        self.task: asyncio.Task[None] | None = None

    def end(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Feeds:
    """All tails of one collector. `settled` says until when (ns) all that was received can be found in the store.

    `interval` (seconds) is between two looks, `buffer` how many messages wait for a slow client before the oldest is
    dropped, `most` how many clients there may be: one more raises Overloaded.
    """

    def __init__(
        self, settled: Callable[[], int], *, interval: float = 1.0, buffer: int = 2000, most: int = 100
    ) -> None:
        self._settled = settled
        self._interval = interval
        self._buffer = buffer
        self._most = most
        self._feeds: dict[object, _Feed] = {}
        self._closed = False

    @property
    def clients(self) -> int:
        """How many follow at this moment."""
        return sum(len(feed.clients) for feed in self._feeds.values())

    def follow(self, key: object, look: Look, after: int | None) -> AsyncGenerator[bytes]:
        """Messages from now on, or after the moment `after`; clients of one `key` share a look."""
        if self.clients >= self._most:
            raise Overloaded(f"{self._most} clients follow already, which is tail_clients.", delay=30)
        return self._messages(key, look, after)

    def close(self) -> None:
        """End every tail, so that none holds up a stop."""
        self._closed = True
        for feed in self._feeds.values():
            for client in feed.clients:
                client.news.set()

    async def _messages(self, key: object, look: Look, after: int | None) -> AsyncGenerator[bytes]:
        # Here and not in `follow`: an answer that never began would leave its client behind.
        feed = self._feeds.get(key) or self._start(key, look)
        client = _Client(deque(maxlen=self._buffer))
        feed.clients.add(client)
        begin = feed.position
        try:
            yield position(begin if after is None else min(after, begin))
            if after is not None and after < begin:
                missed = await asyncio.to_thread(look, after, begin)
                for message in missed.messages:
                    yield message
                client.dropped += missed.left_out
                yield position(begin)
            while not self._closed:
                if client.dropped:
                    lost, client.dropped = client.dropped, 0
                    yield b'event: dropped\ndata: {"count":%d}\n\n' % lost
                while client.waiting:
                    yield client.waiting.popleft()
                client.news.clear()
                try:
                    async with asyncio.timeout(_BEAT_SECONDS):
                        await client.news.wait()
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            feed.clients.discard(client)
            if not feed.clients:
                del self._feeds[key]
                feed.end()

    def _start(self, key: object, look: Look) -> _Feed:
        feed = self._feeds[key] = _Feed(look, self._settled())
        # Without the context of the first client's request, which may end long before.
        feed.task = asyncio.create_task(self._watch(feed), context=Context())
        return feed

    async def _watch(self, feed: _Feed) -> None:
        while True:
            await asyncio.sleep(self._interval)
            until = self._settled()
            if until <= feed.position:
                continue
            try:
                batch = await asyncio.to_thread(feed.look, feed.position, until)
            except Refused:
                # What was not read now is read with the next look.
                continue
            feed.position = until
            if batch.messages or batch.left_out:
                batch = Batch([*batch.messages, position(until)], until, batch.left_out)
                for client in feed.clients:
                    client.offer(batch)


def position(until: int) -> bytes:
    """A message that says how far the client is: browsers send it back as `Last-Event-ID` after an interruption."""
    return _POSITION + b"%d\nevent: position\ndata: {}\n\n" % until


def settled(oldest_waiting: int | None) -> int:
    """Until when all that was received is stored, given when the oldest segment that waits in the spool was begun."""
    # A request has its time a moment before it is in a segment, and a segment is open for a moment before it waits.
    recent = time.time_ns() - _GRACE
    return recent if oldest_waiting is None else min(recent, oldest_waiting - _GRACE)
