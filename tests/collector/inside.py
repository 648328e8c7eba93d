"""A collector inside this process: the embedded engine takes one folder a process, so all tests share it.

Its parts can be asked directly, and its HTTP side without a socket. Tests keep their data apart by project, trace or
time.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.app import Collector, running
from spanwise_collector.receive.intake import Accepted
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Signal
from spanwise_collector.store import Engine

Request = ExportTraceServiceRequest | ExportLogsServiceRequest
_STORED_SECONDS = 60.0


class Inside:
    """A running collector and a way into it; `send` returns once what was sent can be searched."""

    def __init__(self, collector: Collector, loop: asyncio.AbstractEventLoop) -> None:
        self.collector = collector
        self._loop = loop

    @property
    def engine(self) -> Engine:
        return self.collector.engine

    def send(self, project: str, *requests: Request) -> None:
        """Store each request in an insert of its own, in this order."""
        for request in requests:
            self.accept(project, request)
            self._settle()

    def accept(self, project: str, request: Request) -> Accepted:
        """Hand one request to the intake; returns as soon as a sender would be answered."""
        signal = Signal.TRACES if isinstance(request, ExportTraceServiceRequest) else Signal.LOGS
        work = self.collector.intake.accept(signal, project, request.SerializeToString())
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_STORED_SECONDS)

    def _settle(self) -> None:
        deadline = time.monotonic() + _STORED_SECONDS
        while self.collector.spool.stats().bytes:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not stored: {self.collector.loader.state}")
            time.sleep(0.002)


@contextmanager
def inside(folder: Path, *flags: str) -> Iterator[Inside]:
    """Run a collector in a thread of its own until the block ends."""
    addresses = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", str(folder)]
    settings = Settings.load([*addresses, "--spool-segment-age", "1ms", "--resend-window", "0", *flags])
    made: queue.SimpleQueue[Inside | BaseException] = queue.SimpleQueue()
    stop = asyncio.Event()

    async def serve() -> None:
        async with running(settings) as collector:
            made.put(Inside(collector, asyncio.get_running_loop()))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            made.put(error)
            raise

    thread = threading.Thread(target=run, name="collector")
    thread.start()
    started = made.get(timeout=60)
    if isinstance(started, BaseException):
        raise started
    try:
        yield started
    finally:
        started._loop.call_soon_threadsafe(stop.set)
        thread.join()
