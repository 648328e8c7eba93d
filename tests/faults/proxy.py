"""A TCP proxy between exporters and a collector that slows, stalls, breaks and cuts what passes through it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Literal

Fault = Literal["none", "latency", "narrow", "stall", "deaf", "mute", "reset", "half-close", "limit", "refuse"]
FAULTS: tuple[Fault, ...] = ("latency", "narrow", "stall", "deaf", "mute", "reset", "half-close", "limit", "refuse")
_LATENCY = 0.05
_MOST = 3000
_NARROW = 20_000
_NOW = struct.pack("ii", 1, 0)


class Proxy:
    """Passes bytes on to a port of this machine, under the fault of the moment, which may be set from any thread.

    latency: 50 ms each way and chunk; narrow: 20 kB/s; stall: nothing passes, nothing is closed; deaf and mute: the
    same for requests alone and for answers alone, as where a network is parted in one direction; reset: connections
    are reset at the answer; half-close: the end of the request's direction comes at once, before the body; limit: a
    connection is closed after 3,000 bytes of request; refuse: connections are reset at once.
    """

    def __init__(self, target: int) -> None:
        self.fault: Fault = "none"
        self.port = 0
        self._target = target

    @contextlib.contextmanager
    def running(self) -> Iterator[Proxy]:
        """Listen in a thread of its own until the block ends."""
        ready, loop = threading.Event(), asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await stop.wait()
            server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="proxy")
        thread.start()
        ready.wait(30)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault == "refuse":
            self._reset(writer)
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            self._reset(writer)
            return
        ways = [self._way(reader, inner_writer, writer, True), self._way(inner_reader, writer, writer, False)]
        try:
            await asyncio.wait([asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.close()
            inner_writer.close()

    async def _way(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, outer: asyncio.StreamWriter, request: bool
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while chunk := await reader.read(2048):
                passed += len(chunk)
                match self.fault:
                    case "latency":
                        await asyncio.sleep(_LATENCY)
                    case "narrow":
                        await asyncio.sleep(len(chunk) / _NARROW)
                    case "stall":
                        await self._while("stall")
                    case "deaf" if request:
                        await self._while("deaf")
                    case "mute" if not request:
                        await self._while("mute")
                    case "reset" if not request:
                        self._reset(outer)
                        return
                    case "half-close" if request and writer.can_write_eof():
                        writer.write(chunk[:100])
                        writer.write_eof()
                        await asyncio.sleep(_LATENCY)
                        return
                    case "limit" if request and passed > _MOST:
                        return
                writer.write(chunk)
                await writer.drain()

    async def _while(self, fault: Fault) -> None:
        while self.fault == fault:  # noqa: ASYNC110 - it is set from other threads
            await asyncio.sleep(0.02)

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW)
        writer.transport.abort()
