"""Syslog over UDP and TCP. Neither is answered: what UDP loses is counted where we can see it, TCP is made to wait.

TLS (RFC 5425) is not spoken here; rsyslog and syslog-ng forward to the same machine what came in over it.
"""

import asyncio
from contextlib import suppress
from functools import partial

from spanwise_collector.errors import BodyTooLarge, Overloaded, Refused, SettingError
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_batch import Batch, Decoded, fresh_key
from spanwise_collector.receive.log_fields import Reading
from spanwise_collector.receive.streams import StreamServer, store
from spanwise_collector.receive.syslog import parse
from spanwise_collector.settings import Address
from spanwise_collector.spool import Signal

_TCP, _UDP = "syslog_tcp", "syslog_udp"
_MOST_WAITING = 20_000
_MOST_TOGETHER = 2_000
_CHUNK = 64 * 2**10
_OVERHEAD = 8 * 2**10


class SyslogServer:
    """Takes syslog on one port, UDP and TCP. At most 20,000 packets wait; those beyond are dropped and counted."""

    def __init__(self, intake: Intake, reading: Reading, project: str = "default") -> None:
        self._intake = intake
        self._reading = reading
        self._project = project
        self._streams = StreamServer(intake, _TCP, self._talk)
        self._packets: asyncio.Queue[bytes] = asyncio.Queue(_MOST_WAITING)
        self._transport: asyncio.DatagramTransport | None = None
        self._storing: asyncio.Task[None] | None = None

    async def listen(self, address: Address) -> Address:
        """Returns the address with the port bound, the same for both; raises SettingError when it is taken."""
        bound = await self._streams.listen(address)
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: _Packets(self), (bound.host, bound.port))
        except OSError as error:
            raise SettingError(f"Nobody can listen for syslog's packets on {bound}: {error.strerror}.") from None
        self._storing = loop.create_task(self._store_packets())
        return bound

    async def stop(self) -> None:
        """Take no more, and store what came."""
        if self._transport is not None:
            self._transport.close()
        await self._streams.stop()
        if self._storing is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._packets.join(), 2.0)
            self._storing.cancel()
            with suppress(asyncio.CancelledError):
                await self._storing

    def received(self, packet: bytes) -> None:
        """One packet. Called by the transport."""
        try:
            self._packets.put_nowait(packet)
        except asyncio.QueueFull:
            with suppress(Refused), self._intake.counting(Signal.LOGS, _UDP):
                raise Overloaded("Too many packets wait.") from None

    async def _store_packets(self) -> None:
        while True:
            packets = [await self._packets.get()]
            while len(packets) < _MOST_TOGETHER and not self._packets.empty():
                packets.append(self._packets.get_nowait())
            await self._store(packets, _UDP)
            for _ in packets:
                self._packets.task_done()

    async def _store(self, messages: list[bytes], protocol: str) -> None:
        def work() -> Decoded:
            batch = Batch()
            for message in messages:
                batch.take(partial(parse, message, self._reading))
            return batch.decoded(fresh_key())

        await store(self._intake, self._project, protocol, work)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framing = _Framing(self._reading.max_bytes + _OVERHEAD)
        while data := await reader.read(_CHUNK):
            if messages := framing.feed(data):
                await self._store(messages, _TCP)
        if rest := framing.rest():
            await self._store([rest], _TCP)


class _Framing:
    """Cuts a stream into messages: counted in octets (RFC 6587) where one begins with a digit, else up to a line's end
    or a NUL."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = b""
        self._ends: tuple[bytes, ...] = (b"\n", b"\0")
        self._ended = False

    def feed(self, data: bytes) -> list[bytes]:
        """Messages that are complete, empty ones left out. Raises BodyTooLarge for a count over the limit."""
        self._buffer += data
        found = []
        while (message := self._next()) is not None:
            if message:
                found.append(message)
        return found

    def rest(self) -> bytes:
        """What has no end yet."""
        return self._buffer.strip()

    def _next(self) -> bytes | None:
        buffer = self._buffer
        if buffer[:1].isdigit():
            count, space, _ = buffer[:12].partition(b" ")
            if space and count.isdigit():
                size = int(count)
                if size > self._limit:
                    raise BodyTooLarge(
                        f"A message of syslog announces {size} bytes; max_log_bytes allows {self._limit}."
                    )
                start = len(count) + 1
                if len(buffer) < start + size:
                    return None
                self._buffer = buffer[start + size :]
                return buffer[start : start + size]
            if not space and count.isdigit() and len(count) < 12:
                return None
        ends = [place for place in map(buffer.find, self._ends) if place >= 0]
        if not ends and len(buffer) <= self._limit:
            return None
        end = min(ends, default=self._limit)
        if ends and not self._ended:
            # Whoever ends messages with a NUL, as Python's own handler, may have line ends within them.
            self._ended, self._ends = True, (b"\0",) if buffer[end] == 0 else self._ends
        self._buffer = buffer[end + 1 :] if ends else buffer[end:]
        return buffer[:end]


class _Packets(asyncio.DatagramProtocol):
    def __init__(self, server: SyslogServer) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._server.received(data)
