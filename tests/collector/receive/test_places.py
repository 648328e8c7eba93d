"""Who is given one of the few places in which messages are received, and who has to give it up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from spanwise_collector.errors import BodyTimeout
from spanwise_collector.receive.places import Displaced, NoPlace, Places

NEVER = 3600.0


class Hall:
    """Messages that arrive when the test says so, in places that are theirs for as long as nobody else waits."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.reading: list[str] = []
        self._arrived: dict[str, asyncio.Event] = {}

    def call(self, peer: str, name: str) -> asyncio.Task[str]:
        self._arrived[name] = asyncio.Event()
        return asyncio.create_task(self.places.receive(peer, self._reader(name)))

    def arrive(self, name: str) -> None:
        self._arrived[name].set()

    def _reader(self, name: str) -> Callable[[], Awaitable[str]]:
        async def read() -> str:
            self.reading.append(name)
            await self._arrived[name].wait()
            return name

        return read


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_connection_has_a_quarter_of_the_places_and_the_next_of_it_follow_in_order() -> None:
    async def go() -> None:
        hall = Hall(Places(8, NEVER, wait=NEVER, patience=NEVER))
        mine = [hall.call("a", f"a{number}") for number in range(4)]
        await settle()
        assert hall.reading == ["a0", "a1"]
        others = [hall.call(peer, peer) for peer in "bcdefg"]
        await settle()
        assert hall.reading[2:] == [*"bcdefg"]
        hall.arrive("a1")
        await settle()
        assert hall.reading[8:] == ["a2"]
        for name in ("a0", "a2", "a3", *"bcdefg"):
            hall.arrive(name)
        assert await asyncio.gather(*mine, *others) == ["a0", "a1", "a2", "a3", *"bcdefg"]

    asyncio.run(go())


def test_a_place_goes_to_the_connection_that_has_fewest() -> None:
    async def go() -> None:
        hall = Hall(Places(8, NEVER, wait=NEVER, patience=NEVER))
        held = [hall.call(peer, f"{peer}{number}") for peer in "abcd" for number in range(2)]
        await settle()
        waiting = [hall.call(peer, name) for peer, name in (("a", "a2"), ("e", "e0"))]
        await settle()
        hall.arrive("a0")
        await settle()
        assert hall.reading[8:] == ["e0"]
        for name in ("a1", "a2", "b0", "b1", "c0", "c1", "d0", "d1", "e0"):
            hall.arrive(name)
        await asyncio.gather(*held, *waiting)

    asyncio.run(go())


def test_who_waits_takes_the_oldest_place_of_a_connection_that_has_more() -> None:
    async def go() -> None:
        hall = Hall(Places(8, NEVER, wait=NEVER, patience=0.01, hurry=NEVER))
        held = [hall.call(peer, f"{peer}{number}") for peer in "abcd" for number in range(2)]
        await settle()
        late = hall.call("e", "e0")
        with pytest.raises(Displaced):
            await held[0]
        hall.arrive("e0")
        assert await late == "e0"
        assert [task.done() for task in held] == [True] + [False] * 7
        for task in held[1:]:
            task.cancel()

    asyncio.run(go())


def test_connections_with_as_many_places_wait_for_one_that_is_too_slow() -> None:
    async def go() -> None:
        hall = Hall(Places(2, NEVER, wait=NEVER, patience=0.01, hurry=0.1))
        held = [hall.call(peer, peer) for peer in "ab"]
        await settle()
        late = [hall.call(peer, f"{peer} again") for peer in "ac"]
        assert await asyncio.gather(*held, return_exceptions=True) != ["a", "b"]
        for name in ("a again", "c again"):
            hall.arrive(name)
        assert await asyncio.gather(*late) == ["a again", "c again"]

    asyncio.run(go())


def test_whose_turn_does_not_come_is_told_so_and_leaves_the_queue() -> None:
    async def go() -> None:
        hall = Hall(Places(1, NEVER, wait=0.05, patience=NEVER, hurry=NEVER))
        first = hall.call("a", "first")
        await settle()
        with pytest.raises(NoPlace, match="which is grpc_receiving"):
            await hall.call("b", "second")
        hall.arrive("first")
        hall.call("b", "third")
        assert await first == "first"
        await settle()
        assert hall.reading == ["first", "third"]
        hall.arrive("third")
        await settle()

    asyncio.run(go())


def test_who_leaves_while_waiting_or_as_the_place_comes_leaves_no_place_behind() -> None:
    async def go() -> None:
        hall = Hall(Places(1, NEVER, wait=NEVER, patience=NEVER))
        first, second, third = (hall.call(name, name) for name in "abc")
        await settle()
        second.cancel()
        hall.arrive("a")
        await asyncio.sleep(0)
        third.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        hall.arrive("c")
        last = hall.call("d", "d")
        hall.arrive("d")
        assert await last == "d"

    asyncio.run(go())


def test_a_message_for_which_nobody_waits_has_the_deadline() -> None:
    async def go() -> None:
        hall = Hall(Places(1, 0.02, patience=0.001, hurry=0.001))
        with pytest.raises(BodyTimeout, match="read_timeout"):
            await hall.call("a", "a")

    asyncio.run(go())
