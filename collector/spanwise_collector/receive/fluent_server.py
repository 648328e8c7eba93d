"""Fluent's forward protocol over TCP, as Fluent Bit, Fluentd and Docker's driver speak it without a shared key."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

import msgpack  # type: ignore[import-untyped]  # it has no types

from spanwise_collector.errors import BodyTimeout, Overloaded, Refused
from spanwise_collector.receive.body import Hold
from spanwise_collector.receive.fluent import Limits, Message, Stream, key_of, message_of, to_batch
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_http import reading_of
from spanwise_collector.receive.streams import StreamServer, store
from spanwise_collector.settings import Address, Settings
from spanwise_collector.spool import Signal

_PROTOCOL: Final = "fluent"
_CHUNK: Final = 64 * 2**10
# Above this a message is read in a thread, and so is what may be compressed: 4 kB of zstd can be 64 MiB.
_LIGHT: Final = 4 * 2**10
_COMPRESSED: Final = b"compressed"
_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 1.0

T = TypeVar("T")


class FluentServer:
    """Takes messages on one port. Who asks for it, with `chunk`, is answered once the message is safe.

    What connections have in memory counts against `max_inflight_bytes`; where that is full, and while logs are refused,
    they are not read for a while. No wait with something held is longer than `read_timeout`.
    """

    def __init__(self, intake: Intake, settings: Settings, project: str = "default") -> None:
        self._intake = intake
        self._reading = reading_of(settings)
        self._limits = Limits(settings.max_body_bytes, settings.max_log_records)
        # One that is not light is decoded at a time: OTLP must find a thread whatever comes here.
        self._turn = asyncio.Lock()
        self._patience = settings.read_timeout
        self._project = project
        self._streams = StreamServer(intake, _PROTOCOL, self._talk)

    async def listen(self, address: Address) -> Address:
        """Returns the address with the port bound; raises SettingError when it is taken."""
        return await self._streams.listen(address)

    async def stop(self) -> None:
        await self._streams.stop()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream, left = Stream(self._limits.bytes), self._patience
        clock = asyncio.get_running_loop().time
        with self._intake.budget.hold() as hold:
            while True:
                asked = clock()
                if not (data := await self._read(reader, left if stream.amid else None)):
                    return
                # Only what we wait for counts: the sender cannot help it while we are busy.
                left -= clock() - asked
                begun = stream.amid
                if not begun:
                    await self._admitted()
                await self._in_time(partial(_grow, hold, len(data)))
                messages = stream.feed(data)
                if messages or not begun:
                    left = self._patience
                for raw in messages:
                    await self._take(raw, hold, writer)

    async def _read(self, reader: asyncio.StreamReader, seconds: float | None) -> bytes:
        """What comes next; raises BodyTimeout where a message that has begun does not end until then."""
        try:
            async with asyncio.timeout(seconds):
                return await reader.read(_CHUNK)
        except TimeoutError:
            raise BodyTimeout(
                f"A message was not complete after {self._patience:g} s, which is read_timeout."
            ) from None

    async def _admitted(self) -> None:
        """Wait, with nothing held, while logs are refused: a message without `chunk` is lost with its connection."""
        while True:
            try:
                return self._intake.admit(Signal.LOGS)
            except Refused:
                await asyncio.sleep(_LONGEST_PAUSE)

    async def _in_time(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What `attempt` returns once there is room in memory; raises Overloaded where there is none in time: not all
        must wait for each other."""
        clock, pause = asyncio.get_running_loop().time, _PAUSE
        until = clock() + self._patience
        while True:
            try:
                return await attempt()
            except Overloaded:
                if clock() + pause > until:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _take(self, raw: bytes, hold: Hold, writer: asyncio.StreamWriter) -> None:
        message = await self._in_time(partial(self._decoded, raw, hold))
        if message is not None and message.events:
            await store(
                self._intake,
                self._project,
                _PROTOCOL,
                lambda: to_batch(message, self._reading).decoded(key_of(message)),
                self._patience,
            )
        # Before the answer: its sender may take as long as it likes to read that.
        hold.shrink(len(raw) + (message.weight if message else 0))
        if message is not None and message.chunk:
            await self._answer(message.chunk, writer)

    async def _decoded(self, raw: bytes, hold: Hold) -> Message | None:
        work = partial(message_of, raw, self._limits, hold)
        if len(raw) <= _LIGHT and _COMPRESSED not in raw:
            return work()
        async with self._turn:
            return await self._intake.work(work)

    async def _answer(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(msgpack.packb({"ack": chunk.decode("utf-8", "replace")}))
        try:
            async with asyncio.timeout(self._patience):
                await writer.drain()
        except TimeoutError:
            raise BodyTimeout(f"An answer was not read after {self._patience:g} s, which is read_timeout.") from None


async def _grow(hold: Hold, count: int) -> None:
    hold.fit(count)
    hold.grow(count)
