"""Jaeger over UDP: one `emitBatch` call a packet, never answered, so that whatever is lost is at least counted."""

import asyncio
from collections.abc import Callable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanwise_collector.errors import Overloaded, Refused, SettingError
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.jaeger import decode_binary_packet, decode_compact_packet
from spanwise_collector.receive.sender import sender
from spanwise_collector.settings import Address
from spanwise_collector.spool import Signal

_PROTOCOL = "jaeger_udp"
_MOST_WAITING = 256

Decode = Callable[[bytes], ExportTraceServiceRequest]


class UdpServer:
    """Takes Jaeger's packets, on as many addresses as it is told to listen.

    At most 256 packets are worked on at a time; those beyond are dropped and counted as overloaded.
    """

    def __init__(self, intake: Intake, project: str = "default") -> None:
        self._intake = intake
        self._project = project
        self._transports: list[asyncio.DatagramTransport] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen_compact(self, address: Address) -> Address:
        """Take compact packets. Returns the address with the port bound; raises SettingError when it is taken."""
        return await self._listen(address, decode_compact_packet)

    async def listen_binary(self, address: Address) -> Address:
        """As `listen_compact`, for packets of the binary protocol."""
        return await self._listen(address, decode_binary_packet)

    async def stop(self) -> None:
        """Take no more packets and finish those that came."""
        for transport in self._transports:
            transport.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _listen(self, address: Address, decode: Decode) -> Address:
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Packets(lambda packet, sent_by: self._receive(packet, decode, sent_by)),
                (address.host, address.port),
            )
        except OSError as error:
            raise SettingError(f"Nobody can listen for Jaeger's packets on {address}: {error.strerror}.") from None
        self._transports.append(transport)
        return Address(address.host, transport.get_extra_info("sockname")[1])

    def _receive(self, packet: bytes, decode: Decode, sent_by: str = "") -> None:
        if len(self._tasks) >= _MOST_WAITING:
            self._intake.counters.refused[Signal.TRACES, _PROTOCOL, Overloaded.reason] += 1
            return
        task = asyncio.get_running_loop().create_task(self._take(packet, decode, sent_by))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, packet: bytes, decode: Decode, sent_by: str) -> None:
        sender.set(sent_by)
        try:
            with self._intake.counting(Signal.TRACES, _PROTOCOL):
                work = decode(packet)
                await self._intake.accept(Signal.TRACES, self._project, work, protocol=_PROTOCOL, heavy=False)
        except Refused:
            return  # counted; nobody is there to be told


class _Packets(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, str], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._receive(data, addr[0])
