"""What Fluent's senders may hold of memory, threads and time that all receivers share."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # it has no types
import pytest
from spanwise_collector.errors import BadData, BodyTimeout, Overloaded, SpoolFull
from spanwise_collector.receive import fluent, fluent_server
from spanwise_collector.receive.body import Budget
from spanwise_collector.receive.fluent_server import FluentServer
from spanwise_collector.receive.intake import Intake
from spanwise_collector.settings import Settings

from tests.collector.process import eventually
from tests.collector.receive.listening import Listening, listening
from tests.collector.receive.test_fluent import MODES, packed, talk

MIB = 2**20
LIMITS = fluent.Limits(64 * MIB, 1000)
# 64 maps of 256 bytes in each of 25 events: some 400 kB of memory, and less than 1 kB on the wire.
HEAVY = ["app", gzip.compress(packed(*[[1, {"a": [{}] * 64}]] * 25)), {"compressed": "gzip", "chunk": "c1"}]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Listening]:
    with listening(tmp_path / "spool", "fluent", "--max-inflight-bytes", "1MiB", "--read-timeout", "60s") as made:
        yield made


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[Any]:
    """What the function of a module returns from here on, as often as it does."""
    function = getattr(module, name)
    found: list[Any] = []

    def counting(*arguments: Any) -> Any:
        found.append(None)
        found[-1] = function(*arguments)
        return found[-1]

    monkeypatch.setattr(module, name, counting)
    return found


def test_values_for_which_there_is_no_room_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch, fluent, "_event")
    budget = Budget(MIB)
    others, hold = budget.hold(), budget.hold()
    others.grow(900 * 2**10)
    with pytest.raises(Overloaded, match="max_inflight_bytes is 1048576"):
        fluent.message_of(msgpack.packb(HEAVY), LIMITS, hold)
    assert (len(made) < 10, budget.held) == (True, 900 * 2**10)
    others.shrink(900 * 2**10)
    message = fluent.message_of(msgpack.packb(HEAVY), LIMITS, hold)
    assert message is not None
    assert (len(message.events), message.weight, budget.held) == (25, budget.held, budget.held)
    assert message.weight > 25 * 64 * 256


def test_a_message_that_waits_for_room_is_not_kept_decoded(small: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch, fluent_server, "message_of")
    small.intake.budget.take(900 * 2**10)
    with ThreadPoolExecutor() as thread:
        answer = thread.submit(talk, small, HEAVY, answers=1)
        assert eventually(lambda: len(made), lambda count: count > 1) > 1
        assert set(made) == {None}
        small.intake.budget.give(900 * 2**10)
        assert answer.result() == [{"ack": "c1"}]
    assert eventually(lambda: small.intake.budget.held, lambda held: held == 0) == 0


def test_a_message_that_can_never_fit_beside_its_own_bytes_is_too_large(small: Listening) -> None:
    """Its values alone would fit, and would wait for what it holds itself."""
    text = ["app", [[1, {"a": "x" * 600_000}]], {"chunk": "c1"}]
    assert talk(small, text, answers=1) == []
    assert small.intake.counters.refused_by_reason() == {"body_too_large": 1}


def test_an_array_that_is_no_message_is_not_cut_up_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    cut, parts = [], fluent._parts

    def counting(raw: bytes, *, listed: bool = False) -> Iterator[bytes]:
        for part in parts(raw, listed=listed):
            cut.append(part)
            yield part

    monkeypatch.setattr(fluent, "_parts", counting)
    with pytest.raises(BadData, match="no array of a tag and its events"):
        fluent.message_of(b"\xdd" + (10_000).to_bytes(4, "big") + b"\x01" * 10_000, LIMITS, Budget(MIB).hold())
    assert len(cut) == 5


def test_messages_that_are_decoded_leave_threads_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while one takes long, however many come, and while OTLP has a large one."""
    begun, go = threading.Semaphore(0), threading.Event()
    decode = fluent.message_of

    def slow(*arguments: Any) -> Any:
        begun.release()
        assert go.wait(60)
        return decode(*arguments)

    monkeypatch.setattr(fluent_server, "message_of", slow)
    with listening(tmp_path / "spool", "fluent") as server, ThreadPoolExecutor() as threads:
        message = ["app", [[1, {"m": "x" * 5000}]], {"chunk": "c1"}]
        answers = [threads.submit(talk, server, message, answers=1) for _ in range(6)]
        try:
            assert begun.acquire(timeout=60)
            assert eventually(lambda: server.intake.budget.held, lambda held: held > 6 * 5000) > 6 * 5000
            others = threading.Barrier(4)
            waiting = [server.intake._threads.submit(others.wait, 60) for _ in range(3)]
            others.wait(60)
            assert {each.result() for each in waiting} < {0, 1, 2, 3}
        finally:
            go.set()
        assert [each.result() for each in answers] == [[{"ack": "c1"}]] * 6


class Writer:
    """A connection whose other side reads nothing."""

    def __init__(self, drain: Callable[[], None]) -> None:
        self._drain = drain

    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None:
        self._drain()
        await asyncio.Event().wait()


async def talk_inside(intake: Intake, reader: asyncio.StreamReader, writer: object, *flags: str) -> None:
    server = FluentServer(intake, Settings.load([*flags]))
    await asyncio.wait_for(server._talk(reader, cast("asyncio.StreamWriter", writer)), 60)


def test_who_does_not_read_its_answers_holds_no_memory_and_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    intake, held = Intake(cast("Any", Admitting())), []
    monkeypatch.setattr(fluent_server, "store", stored_at_once)

    async def run() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(msgpack.packb(MODES["forward"]))
        writer = Writer(lambda: held.append(intake.budget.held))
        with pytest.raises(BodyTimeout, match=r"An answer was not read after 0\.2 s"):
            await talk_inside(intake, reader, writer, "--read-timeout", "200ms")

    try:
        asyncio.run(run())
    finally:
        intake.close()
    assert (held, intake.budget.held) == ([0], 0)


def test_time_in_which_we_are_busy_is_not_taken_from_the_senders(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that has begun waits for the one before it, which takes an hour to be stored."""
    intake, stored = Intake(cast("Any", Admitting())), []

    async def run() -> None:
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        clock, late = loop.time, [0.0]
        coming: list[asyncio.Task[None]] = []
        monkeypatch.setattr(loop, "time", lambda: clock() + late[0])
        second = msgpack.packb(["app", 1, {"m": 2}])

        async def more() -> None:
            for _ in range(5):
                await asyncio.sleep(0)
            reader.feed_data(second[3:])
            reader.feed_eof()

        async def slow(*arguments: Any) -> None:
            stored.append(arguments)
            if len(stored) == 1:
                # It comes when the server waits for it.
                coming.append(asyncio.create_task(more()))
                late[0] += 3600

        monkeypatch.setattr(fluent_server, "store", slow)
        reader.feed_data(msgpack.packb(["app", 1, {"m": 1}]) + second[:3])
        server = FluentServer(intake, Settings.load([]))
        await server._talk(reader, cast("asyncio.StreamWriter", None))

    try:
        asyncio.run(run())
    finally:
        intake.close()
    assert len(stored) == 2


def test_a_message_that_comes_in_drops_has_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    intake, drops = Intake(cast("Any", Admitting())), iter([b"\x93\xa3app\xdb\0\0\0\xff", *[b"x"] * 20])

    class Dripping:
        async def read(self, most: int) -> bytes:
            late[0] += 20
            await asyncio.sleep(0)
            return next(drops, b"")

    late = [0.0]

    async def run() -> None:
        loop = asyncio.get_running_loop()
        clock = loop.time
        monkeypatch.setattr(loop, "time", lambda: clock() + late[0])
        server = FluentServer(intake, Settings.load([]))
        with pytest.raises(BodyTimeout, match="not complete after 30 s"):
            await server._talk(cast("asyncio.StreamReader", Dripping()), cast("asyncio.StreamWriter", None))

    try:
        asyncio.run(run())
    finally:
        intake.close()
    assert intake.budget.held == 0


def test_while_logs_are_refused_nothing_is_held_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(tmp_path / "spool", "fluent") as server, ThreadPoolExecutor() as thread:
        asked: list[object] = []

        def refuse(signal: object) -> None:
            asked.append(signal)
            raise SpoolFull("The spool is full.")

        monkeypatch.setattr(server.intake, "admit", refuse)
        answer = thread.submit(talk, server, MODES["forward"], answers=1)
        assert eventually(lambda: len(asked), lambda count: count > 1) > 1
        assert (server.intake.budget.held, server.intake.counters.refused_by_reason()) == (0, {})
        monkeypatch.undo()
        assert answer.result() == [{"ack": "c1"}]


def test_a_message_that_cannot_be_stored_for_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(tmp_path / "spool", "fluent", "--read-timeout", "200ms") as server:

        async def refuse(*arguments: object, **more: object) -> None:
            raise SpoolFull("The spool is full.")

        monkeypatch.setattr(server.intake, "accept", refuse)
        assert talk(server, MODES["forward"], answers=1) == []
        assert eventually(lambda: server.intake.budget.held, lambda held: held == 0) == 0
        assert set(server.intake.counters.refused_by_reason()) == {"spool_full"}


class Admitting:
    """A spool with room for all."""

    def refusal(self, signal: object) -> None: ...


async def stored_at_once(*arguments: object) -> None: ...
