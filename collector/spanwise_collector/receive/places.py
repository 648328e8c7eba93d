"""Places in which messages are received: few for all connections together, and none of them for one to keep."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from spanwise_collector.errors import BodyTimeout, Overloaded

# SDKs give up after 10 s, and would not hear why.
WAIT: Final = 8.0
# 4 MiB, the largest message of most senders, take half of it at 64 Mbit/s.
PATIENCE: Final = 1.0
# Within the time that others wait.
HURRY: Final = 5.0
_SHARE: Final = 4
_LOOKS: Final = 4
T = TypeVar("T")


class NoPlace(Overloaded):
    """A call waited for its message to be received, and others are before it."""

    reason = "no_place"


class Displaced(Overloaded):
    """A message came too slowly while others waited."""

    reason = "displaced"


@dataclass(eq=False, slots=True)
class _Place:
    peer: str
    since: float
    limit: asyncio.Timeout | None = None
    displaced: bool = False

    @property
    def reading(self) -> bool:
        return self.limit is not None and not self.limit.expired()


class Places:
    """`count` places, of which one connection has at most a quarter. For one event loop.

    Who waits is served in the order of places held, those with none first. While others wait, who has been reading for
    `patience` seconds gives his place to a connection that would still have fewer, and after `hurry` seconds to
    anyone: so it takes as many connections as there are places to make others wait, and then for `hurry`. Times are
    in seconds; `deadline` is that of a message for which nobody waits.
    """

    def __init__(
        self, count: int, deadline: float, *, wait: float = WAIT, patience: float = PATIENCE, hurry: float = HURRY
    ) -> None:
        self._count = count
        self._most = max(1, count // _SHARE)
        self._deadline = deadline
        self._wait = wait
        self._patience = patience
        self._hurry = hurry
        # Of a connection, the oldest place first.
        self._held: defaultdict[str, list[_Place]] = defaultdict(list)
        self._taken = 0
        self._waiting: defaultdict[str, deque[asyncio.Future[_Place]]] = defaultdict(deque)
        self._look: asyncio.TimerHandle | None = None

    async def receive(self, peer: str, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` returns, called when it is the turn of this connection.

        Raises NoPlace where its turn does not come, Displaced where another needed the place, BodyTimeout after the
        deadline.
        """
        place = await self._turn(peer)
        try:
            async with asyncio.timeout(self._deadline) as place.limit:
                return await read()
        except TimeoutError:
            if place.displaced:
                raise Displaced("The message came too slowly while others waited for grpc_receiving.") from None
            raise BodyTimeout(
                f"The message was not complete after {self._deadline:g} s, which is read_timeout."
            ) from None
        finally:
            self._leave(place)

    async def _turn(self, peer: str) -> _Place:
        if self._taken < self._count and len(self._held.get(peer, ())) < self._most:
            return self._seat(peer)
        waiter: asyncio.Future[_Place] = asyncio.get_running_loop().create_future()
        self._waiting[peer].append(waiter)
        self._watch()
        try:
            async with asyncio.timeout(self._wait):
                return await waiter
        except BaseException as error:
            self._give_up(peer, waiter)
            if isinstance(error, TimeoutError):
                raise NoPlace(
                    f"{self._count} messages are being received, which is grpc_receiving, or"
                    f" {self._most} of this connection."
                ) from None
            raise

    def _seat(self, peer: str) -> _Place:
        place = _Place(peer, asyncio.get_running_loop().time())
        self._held[peer].append(place)
        self._taken += 1
        return place

    def _leave(self, place: _Place) -> None:
        """Give a place back; it has been already where another was given it."""
        if not place.displaced:
            self._free(place)
            self._serve()

    def _free(self, place: _Place) -> None:
        places = self._held[place.peer]
        places.remove(place)
        self._taken -= 1
        if not places:
            del self._held[place.peer]

    def _give_up(self, peer: str, waiter: asyncio.Future[_Place]) -> None:
        if waiter.done() and not waiter.cancelled():
            self._leave(waiter.result())
        elif waiter in (queue := self._waiting.get(peer, deque())):
            queue.remove(waiter)
            if not queue:
                del self._waiting[peer]

    def _serve(self) -> None:
        """Seat as many of those who wait as there are places."""
        for peer in self._by_need():
            while self._taken < self._count and len(self._held.get(peer, ())) < self._most and peer in self._waiting:
                self._seat_first(peer)

    def _seat_first(self, peer: str) -> None:
        queue = self._waiting[peer]
        waiter = queue.popleft()
        if not queue:
            del self._waiting[peer]
        if not waiter.done():
            waiter.set_result(self._seat(peer))

    def _by_need(self) -> list[str]:
        return sorted(self._waiting, key=lambda peer: len(self._held.get(peer, ())))

    def _watch(self) -> None:
        if self._look is None and self._waiting:
            self._look = asyncio.get_running_loop().call_later(self._patience / _LOOKS, self._displace)

    def _displace(self) -> None:
        """Take places from those who have had them for too long while others wait."""
        self._look = None
        for peer in self._by_need():
            while peer in self._waiting and (place := self._due(peer)) is not None and place.limit is not None:
                place.displaced = True
                place.limit.reschedule(0)
                self._free(place)
                self._seat_first(peer)
        self._serve()
        self._watch()

    def _due(self, peer: str) -> _Place | None:
        """The place that the next of a connection may be given now, if any."""
        now, own = asyncio.get_running_loop().time(), len(self._held.get(peer, ()))
        others = [peer] if own >= self._most else self._held
        reading = [(len(self._held[each]), place) for each in others for place in self._held[each] if place.reading]
        if not reading:
            return None
        # Of those who have the most, the one who has had it longest.
        held, place = min(reading, key=lambda each: (-each[0], each[1].since))
        if held > own + 1 and now - place.since >= self._patience:
            return place
        oldest = min((place for _, place in reading), key=lambda place: place.since)
        return oldest if now - oldest.since >= self._hurry else None
