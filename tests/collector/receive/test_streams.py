"""What holds for every receiver of plain TCP, in the event loop that `spanwise up` runs."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, cast

import uvloop
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.sender import sender
from spanwise_collector.receive.streams import StreamServer
from spanwise_collector.settings import Address

RESET = struct.pack("ii", 1, 0)


def test_connections_that_are_reset_end_quietly_and_the_next_is_served() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        senders, refused, faults = runner.run(asyncio.wait_for(talk_after_resets(), 30))
    assert (refused, faults) == ({}, [])
    # The first was over before anybody could ask who it is.
    assert senders == ["", "127.0.0.1", "127.0.0.1"]


async def talk_after_resets() -> tuple[list[str], dict[Any, int], list[Any]]:
    """Of whom the server knew in turn, what was counted as refused, and what nobody handled."""
    faults: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
    senders: list[str] = []
    reading = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        senders.append(sender.get())
        writer.write(b"hello")
        reading.set()
        await reader.read()

    intake = Intake(cast("Any", None))
    server = StreamServer(intake, "syslog_tcp", talk)
    address = await server.listen(Address("127.0.0.1", 0))
    try:
        # Before it is accepted, since the loop does not run meanwhile.
        reset(socket.create_connection((address.host, address.port)))
        await reading.wait()
        reading.clear()
        amid = socket.create_connection((address.host, address.port))
        await reading.wait()
        reset(amid)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write_eof()
        assert await reader.read() == b"hello"
        writer.close()
        while server._tasks:  # noqa: ASYNC110 - nothing tells of their end
            await asyncio.sleep(0.001)
    finally:
        await server.stop()
        intake.close()
    return senders, dict(intake.counters.refused), faults


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()
