"""Live tails: one look at the newest arrivals serves all clients that ask the same, each with a bounded queue."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from spanwise_collector.errors import Overloaded, QueryLimit, Refused

_BEAT_SECONDS: Final = 15.0
_POSITION: Final = b"id: "
_GRACE: Final = 1_500_000_000
# So many messages of what a client missed are told, some megabytes and twenty looks; what is more, is counted.
_MOST_MISSED: Final = 20_000
# Of what waits for one slow client; a record may have megabytes.
_MOST_BYTES: Final = 16 << 20
# By so much a clock was set back, and did not only run unevenly.
_SET_BACK: Final = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Rest:
    """What a page left: `page` reads on, `count` says how much it is. Both run in a thread."""

    page: "Callable[[], Page]"
    count: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Page:
    """Messages as they go over the wire, and what they and those before cover wholly: arrivals until `until`."""

    messages: Sequence[bytes]
    until: int
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What arrived after one moment and until another, in ns, asked in a thread.

    `news` are the messages of one look, and how many it left out; `page` is the first of them, and leads to the others.
    """

    news: Callable[[int, int], tuple[Sequence[bytes], int]]
    page: Callable[[int, int], Page]


@dataclass(eq=False, slots=True)
class _Client:
    most: int
    # It still reads what it missed, and all that comes meanwhile after that.
    behind: bool
    waiting: deque[bytes] = field(default_factory=deque)
    size: int = 0
    dropped: int = 0
    # The reason of the refusals that it was told of, until something is read again.
    failing: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, messages: Sequence[bytes], left_out: int) -> None:
        self.dropped += left_out
        for message in messages:
            self.waiting.append(message)
            self.size += len(message)
            while len(self.waiting) > self.most or (self.size > _MOST_BYTES and len(self.waiting) > 1):
                self.dropped += not self.take().startswith(_POSITION)
        self.news.set()

    def take(self) -> bytes:
        message = self.waiting.popleft()
        self.size -= len(message)
        return message

    def refuse(self, refusal: Refused) -> None:
        if self.failing != refusal.reason:
            self.offer([_failed(refusal, missed=False)], 0)
        self.failing = refusal.reason


class _Feed:
    def __init__(self, source: Source, position: int) -> None:
        self.source = source
        self.position = position
        self.clients: set[_Client] = set()
        self.task: asyncio.Task[None] | None = None

    def end(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Feeds:
    """All tails of one collector. `settled` says until when (ns) all that was received can be found in the store.

    `interval` (seconds) is between two looks, `buffer` how many messages wait for a slow client before the oldest is
    dropped (and so it is where they have more than 16 MiB), `most` how many clients there may be: one more raises
    Overloaded.
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

    def follow(self, key: object, source: Source, after: int | None) -> AsyncGenerator[bytes]:
        """Messages from now on, or after the moment `after`; clients of one `key` share a look."""
        if self.clients >= self._most:
            raise Overloaded(f"{self._most} clients follow already, which is tail_clients.", delay=30)
        return self._messages(key, source, after)

    def close(self) -> None:
        """End every tail, so that none holds up a stop."""
        self._closed = True
        for feed in self._feeds.values():
            for client in feed.clients:
                client.news.set()

    async def _messages(self, key: object, source: Source, after: int | None) -> AsyncGenerator[bytes]:
        # Here and not in `follow`: an answer that never began would leave its client behind.
        feed = self._feeds.get(key) or self._start(key, source)
        client = _Client(self._buffer, behind=after is not None)
        feed.clients.add(client)
        begin = feed.position if after is None else min(after, feed.position)
        try:
            yield position(begin)
            async with aclosing(self._missed(feed, client, begin)) as missed:
                async for message in missed:
                    yield message
            while not self._closed:
                if client.dropped:
                    lost, client.dropped = client.dropped, 0
                    yield _dropped(lost)
                while client.waiting:
                    yield client.take()
                client.news.clear()
                if not await self._pause(client, _BEAT_SECONDS):
                    yield b": still here\n\n"
        finally:
            feed.clients.discard(client)
            if not feed.clients:
                del self._feeds[key]
                feed.end()

    async def _missed(self, feed: _Feed, client: _Client, after: int) -> AsyncGenerator[bytes]:
        """What a client that is behind has missed, as it takes it, until it is not behind."""
        while client.behind and not self._closed:
            until = feed.position
            if after >= until:
                # Nothing was awaited since: what comes from now on is offered to it.
                client.behind = False
                return
            async with aclosing(self._pages(client, partial(feed.source.page, after, until))) as pages:
                async for message in pages:
                    yield message
            if not self._closed:
                yield position(until)
            after = until

    async def _pages(self, client: _Client, first: Callable[[], Page]) -> AsyncGenerator[bytes]:
        told, failing = 0, False
        ask: Callable[[], Page] | None = first
        while ask is not None and not self._closed:
            try:
                page = await asyncio.to_thread(ask)
                enough = told + len(page.messages) >= _MOST_MISSED
                left_out = await asyncio.to_thread(page.rest.count) if page.rest and enough else 0
            except QueryLimit as refusal:
                # To ask again cannot help: it goes on with what comes now.
                yield _failed(refusal, missed=True)
                return
            except Refused as refusal:
                yield b": still here\n\n" if failing else _failed(refusal, missed=True)
                failing = True
                await self._pause(client, self._interval)
                continue
            failing, told = False, told + len(page.messages)
            for message in page.messages:
                yield message
            if left_out:
                yield _dropped(left_out)
            ask = page.rest.page if page.rest and not enough else None
            if ask is not None:
                yield position(page.until)

    def _start(self, key: object, source: Source) -> _Feed:
        feed = self._feeds[key] = _Feed(source, self._settled())
        # Without the context of the first client's request, which may end long before.
        feed.task = asyncio.create_task(self._watch(feed), context=Context())
        return feed

    async def _watch(self, feed: _Feed) -> None:
        while True:
            await asyncio.sleep(self._interval)
            until = self._settled()
            if until < feed.position - _SET_BACK:
                # What arrives now has times before those that were looked at.
                feed.position = until
            if until <= feed.position:
                continue
            try:
                messages, left_out = await asyncio.to_thread(feed.source.news, feed.position, until)
            except Refused as refusal:
                # What was not read now is read with the next look, but where it costs too much: it would only grow.
                if isinstance(refusal, QueryLimit):
                    feed.position = until
                for client in feed.clients:
                    if not client.behind:
                        client.refuse(refusal)
                continue
            feed.position = until
            for client in feed.clients:
                if not client.behind and (messages or left_out or client.failing):
                    client.failing = ""
                    client.offer([*messages, position(until)], left_out)

    @staticmethod
    async def _pause(client: _Client, seconds: float) -> bool:
        """Wait for news for so long; whether there are any."""
        try:
            async with asyncio.timeout(seconds):
                return await client.news.wait()
        except TimeoutError:
            return False


def _dropped(count: int) -> bytes:
    return b'event: dropped\ndata: {"count":%d}\n\n' % count


def _failed(refusal: Refused, *, missed: bool) -> bytes:
    said = json.dumps({"code": refusal.reason, "message": refusal.message, "missed": missed})
    return f"event: failed\ndata: {said}\n\n".encode()


def position(until: int) -> bytes:
    """A message that says how far the client is: browsers send it back as `Last-Event-ID` after an interruption."""
    return _POSITION + b"%d\nevent: position\ndata: {}\n\n" % until


def settled(oldest_waiting: int | None) -> int:
    """Until when all that was received is stored, given when the oldest segment that waits in the spool was begun."""
    # A request has its time a moment before it is in a segment, and a segment is open for a moment before it waits.
    recent = time.time_ns() - _GRACE
    return recent if oldest_waiting is None else min(recent, oldest_waiting - _GRACE)
