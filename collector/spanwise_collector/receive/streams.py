"""What receivers of logs over plain TCP share: connections that end with the server, waiting instead of losing."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from spanwise_collector.errors import Refused, SettingError, wire_code
from spanwise_collector.receive.check import Checked, check
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_batch import Decoded
from spanwise_collector.receive.sender import sender
from spanwise_collector.settings import Address
from spanwise_collector.spool import Signal

_MOST_CONNECTIONS = 512
_PAUSE = 0.5

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class StreamServer:
    """Listens for connections and runs `talk` for each; a Refused that it raises ends the connection, counted."""

    def __init__(self, intake: Intake, protocol: str, talk: Talk) -> None:
        self._intake = intake
        self._protocol = protocol
        self._talk = talk
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, address: Address) -> Address:
        """Returns the address with the port bound; raises SettingError when it is taken."""
        try:
            self._server = await asyncio.start_server(self._run, address.host, address.port)
        except OSError as error:
            raise SettingError(f"Nobody can listen for {self._protocol} on {address}: {error.strerror}.") from None
        return Address(address.host, self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more connections, and end those that are."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio runs it as a task"
        self._tasks.add(task)
        try:
            # uvloop asks the system, which does not know it of a connection that has ended.
            peer = writer.get_extra_info("peername")
            sender.set(peer[0] if peer else "")
            if len(self._tasks) <= _MOST_CONNECTIONS:
                # What fails beside the connection is Refused by now: a connection that breaks is no fault of ours.
                with self._intake.counting(Signal.LOGS, self._protocol), suppress(OSError):
                    await self._talk(reader, writer)
        except (Refused, asyncio.CancelledError):
            pass  # counted, or the end
        finally:
            self._tasks.discard(task)
            writer.close()


async def store(
    intake: Intake, project: str, protocol: str, work: Callable[[], Decoded], patience: float = math.inf
) -> None:
    """Returns once the records are safe, or refused for good. While they cannot be taken for now the sender waits:
    it has no way to be told. Raises why after `patience` seconds of that."""
    clock = asyncio.get_running_loop().time
    until = clock() + patience
    made: list[Checked] = []

    def once() -> Checked:
        # The same request again, under the same name: what was stored before a fault is not stored twice.
        if not made:
            found = work()
            made.append(replace(check(Signal.LOGS, found.request), rejected=found.rejected, message=found.message))
        return made[0]

    while True:
        try:
            with intake.counting(Signal.LOGS, protocol):
                await intake.accept(Signal.LOGS, project, once, protocol=protocol, heavy=True)
            return
        except Refused as refusal:
            if not wire_code(refusal).retryable:
                return
            pause = max(_PAUSE, refusal.delay or 0.0)
            if clock() + pause > until:
                raise
            await asyncio.sleep(pause)
