"""Servers of plain sockets in a thread of their own, over a spool in a temporary folder."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from spanwise_collector.receive.fluent_server import FluentServer
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.log_http import reading_of
from spanwise_collector.receive.syslog_server import SyslogServer
from spanwise_collector.settings import Address, Settings
from spanwise_collector.spool import Signal, Spool

from tests.collector.receive.running import stored


class Listening:
    """What a test may ask of a server of syslog or Fluent."""

    def __init__(self, port: int, folder: Path, intake: Intake) -> None:
        self.port = port
        self.intake = intake
        self._folder = folder

    def found(self, wanted: int) -> list[tuple[dict[str, Any], LogRecord]]:
        """The attributes of the resource and the record, of all records once there are so many."""
        deadline = time.monotonic() + 30
        while len(found := self._found()) < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        return found

    def _found(self) -> list[tuple[dict[str, Any], LogRecord]]:
        return [
            (attributes(resource.resource.attributes), record)
            for body in stored(self._folder, Signal.LOGS)
            for resource in ExportLogsServiceRequest.FromString(body).resource_logs
            for record in resource.scope_logs[0].log_records
        ]


def attributes(pairs: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in pairs}


@contextmanager
def listening(folder: Path, protocol: str, *flags: str) -> Iterator[Listening]:
    """A server of "syslog" or "fluent" on a free port, until the end of the block."""
    settings = Settings.load(list(flags))
    spool = Spool(folder, segment_age=3600)
    spool.start()
    intake = Intake(spool, settings.max_inflight_bytes)
    ready: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = queue.SimpleQueue()

    async def serve() -> None:
        stop = asyncio.Event()
        server = SyslogServer(intake, reading_of(settings)) if protocol == "syslog" else FluentServer(intake, settings)
        address = await server.listen(Address("127.0.0.1", 0))
        ready.put((asyncio.get_running_loop(), stop, address.port))
        await stop.wait()
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    loop, stop, port = ready.get(timeout=30)
    try:
        yield Listening(port, folder, intake)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        spool.close()
        intake.close()
