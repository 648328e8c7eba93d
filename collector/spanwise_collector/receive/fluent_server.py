"""Fluent's forward protocol over TCP, as Fluent Bit, Fluentd and Docker's driver speak it without a shared key."""

import asyncio
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types

from spanwise_collector.errors import BadData, BodyTooLarge, excerpt
from spanwise_collector.receive.fluent import NO_MSGPACK, Message, key_of, message_of, to_batch, unpacker
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_http import reading_of
from spanwise_collector.receive.streams import StreamServer, store
from spanwise_collector.settings import Address, Settings

_PROTOCOL = "fluent"
_CHUNK = 256 * 2**10


class FluentServer:
    """Takes messages on one port. Who asks for it, with `chunk`, is answered once the message is safe."""

    def __init__(self, intake: Intake, settings: Settings, project: str = "default") -> None:
        self._intake = intake
        self._reading = reading_of(settings)
        self._limit = settings.max_body_bytes
        self._most = settings.max_log_records
        self._project = project
        self._streams = StreamServer(intake, _PROTOCOL, self._talk)

    async def listen(self, address: Address) -> Address:
        """Returns the address with the port bound; raises SettingError when it is taken."""
        return await self._streams.listen(address)

    async def stop(self) -> None:
        await self._streams.stop()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = unpacker(self._limit)
        while data := await reader.read(_CHUNK):
            for value in self._values(found, data):
                message = message_of(value, self._limit, self._most)
                if message is not None:
                    await self._store(message)
                    await _answer(message, writer)

    def _values(self, found: msgpack.Unpacker, data: bytes) -> list[Any]:
        try:
            found.feed(data)
            return list(found)
        except msgpack.BufferFull:
            raise BodyTooLarge(f"A message has more than {self._limit} bytes, which is max_body_bytes.") from None
        except NO_MSGPACK as error:
            raise BadData(f"The stream is no msgpack: {excerpt(str(error))}.") from None

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
