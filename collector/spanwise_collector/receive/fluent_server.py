"""Fluent's forward protocol over TCP, as Fluent Bit, Fluentd and Docker's driver speak it without a shared key."""

import asyncio
from functools import partial
from typing import Final

import msgpack  # type: ignore[import-untyped]  # it has no types

from spanwise_collector.errors import BodyTimeout, Overloaded
from spanwise_collector.receive.body import Hold
from spanwise_collector.receive.check import alone
from spanwise_collector.receive.fluent import Limits, Message, Stream, key_of, message_of, to_batch
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_http import reading_of
from spanwise_collector.receive.streams import StreamServer, store
from spanwise_collector.settings import Address, Settings

_PROTOCOL: Final = "fluent"
_CHUNK: Final = 64 * 2**10
# Above this a message is read in a thread, and so is what may be compressed: 4 kB of zstd can be 64 MiB.
_LIGHT: Final = 4 * 2**10
_COMPRESSED: Final = b"compressed"
_PAUSE: Final = 0.1


class FluentServer:
    """Takes messages on one port. Who asks for it, with `chunk`, is answered once the message is safe.

    What connections have in memory counts against `max_inflight_bytes`; where that is full, they are not read for a
    while.
    """

    def __init__(self, intake: Intake, settings: Settings, project: str = "default") -> None:
        self._intake = intake
        self._reading = reading_of(settings)
        self._limits = Limits(settings.max_body_bytes, settings.max_log_records, settings.max_inflight_bytes)
        self._patience = settings.read_timeout
        self._project = project
        self._streams = StreamServer(intake, _PROTOCOL, self._talk)

    async def listen(self, address: Address) -> Address:
        """Returns the address with the port bound; raises SettingError when it is taken."""
        return await self._streams.listen(address)

    async def stop(self) -> None:
        await self._streams.stop()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream, until = Stream(self._limits.bytes), 0.0
        with self._intake.budget.hold() as hold:
            while data := await self._read(reader, until if stream.amid else None):
                begun = stream.amid
                await self._grow(hold, len(data))
                messages = stream.feed(data)
                if messages or not begun:
                    until = self._deadline()
                for raw in messages:
                    message = await self._message(raw, hold)
                    if message is not None:
                        await self._store(message)
                        await _answer(message, writer)
                        hold.shrink(message.weight)
                    hold.shrink(len(raw))

    async def _read(self, reader: asyncio.StreamReader, until: float | None) -> bytes:
        """What comes next; raises BodyTimeout where a message that has begun does not end until then."""
        try:
            async with asyncio.timeout_at(until):
                return await reader.read(_CHUNK)
        except TimeoutError:
            raise BodyTimeout(
                f"A message was not complete after {self._patience:g} s, which is read_timeout."
            ) from None

    async def _grow(self, hold: Hold, count: int) -> None:
        """Wait for room in memory; raises Overloaded where there is none in time: not all must wait for each other."""
        until = self._deadline()
        while True:
            try:
                return hold.grow(count)
            except Overloaded:
                if asyncio.get_running_loop().time() > until:
                    raise
                await asyncio.sleep(_PAUSE)

    async def _message(self, raw: bytes, hold: Hold) -> Message | None:
        large = len(raw) > _LIGHT or _COMPRESSED in raw
        work = partial(self._decoded, raw, large)
        message = await self._intake.work(work) if large else work()
        if message is not None:
            await self._grow(hold, message.weight)
        return message

    def _decoded(self, raw: bytes, large: bool) -> Message | None:
        with alone(large):
            return message_of(raw, self._limits)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._patience

    async def _store(self, message: Message) -> None:
        if message.events:
            await store(
                self._intake,
                self._project,
                _PROTOCOL,
                lambda: to_batch(message, self._reading).decoded(key_of(message)),
            )


async def _answer(message: Message, writer: asyncio.StreamWriter) -> None:
    if message.chunk:
        writer.write(msgpack.packb({"ack": message.chunk.decode("utf-8", "replace")}))
        await writer.drain()
