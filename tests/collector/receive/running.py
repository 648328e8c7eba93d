"""A receiver on real sockets: uvicorn and gRPC in a thread of their own, over a spool in a temporary folder."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # it has no types
import httpx
import uvicorn
from fastapi import FastAPI
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.receive import jaeger_http, lines, loki_http, otlp_grpc, otlp_http, zipkin_http
from spanwise_collector.receive.connection import bounded
from spanwise_collector.receive.intake import Intake
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Files, Signal, Spool
from spanwise_collector.spool.frame import scan

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
TRACE_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
METRICS_EXPORT = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
LOGS_EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

_Ready = tuple[asyncio.AbstractEventLoop, asyncio.Event, str]


class Receiver:
    """What a test may ask of a running receiver."""

    def __init__(self, spool: Spool, intake: Intake, folder: Path, http_port: int, grpc_address: str) -> None:
        self.spool = spool
        self.intake = intake
        self.folder = folder
        self.http_port = http_port
        self.grpc_address = grpc_address

    @property
    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.http_port}", timeout=60, trust_env=False, verify=False)

    def post(
        self, path: str, content: bytes | str | Iterator[bytes], headers: Sequence[tuple[str, str]] | dict[str, str]
    ) -> httpx.Response:
        with self.client as client:
            return client.post(path, content=content, headers=headers)

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.grpc_address, options=[("grpc.max_send_message_length", -1)])

    def refused(self) -> dict[str, int]:
        return self.intake.counters.refused_by_reason()

    def trace_requests(self) -> list[ExportTraceServiceRequest]:
        """Every stored request, in the order in which it was stored."""
        return [ExportTraceServiceRequest.FromString(body) for body in stored(self.folder, Signal.TRACES)]

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.trace_requests()
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def log_requests(self) -> list[ExportLogsServiceRequest]:
        return [ExportLogsServiceRequest.FromString(body) for body in stored(self.folder, Signal.LOGS)]

    def records(self) -> list[LogRecord]:
        return [
            record
            for request in self.log_requests()
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


def stored(folder: Path, signal: Signal) -> list[bytes]:
    """The messages of every good frame in a spool's folder, our own fields included."""
    found = []
    for path in sorted(folder.glob(f"*.{signal}*")):
        data = path.read_bytes()
        found += [data[frame.body_start : frame.end] for frame in scan(data, signal)]
    return found


@contextmanager
def receiver(
    folder: Path,
    *flags: str,
    files: Files | None = None,
    signals: tuple[Signal, ...] = (Signal.TRACES, Signal.LOGS),
    jaeger: bool = False,
) -> Iterator[Receiver]:
    """A receiver that runs until the end of the block."""
    settings = Settings.load(["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", *flags])
    log = Spool(folder, files=files, segment_age=3600, max_bytes=settings.spool_max_bytes)
    log.start()
    intake = Intake(log, settings.max_inflight_bytes)
    app = FastAPI()
    app.include_router(lines.router(intake, settings))
    app.include_router(loki_http.router(intake, settings))
    app.include_router(otlp_http.router(intake, settings, signals=signals))
    app.include_router(zipkin_http.router(intake, settings))
    app.include_router(jaeger_http.router(intake, settings))
    # Made for TCP by name: asyncio switches Nagle's algorithm off only for such, and it costs 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(1024)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=bounded(settings.read_timeout, intake.counters.refuse_unknown),
            log_level="warning",
            lifespan="off",
        )
    )
    ready: queue.SimpleQueue[_Ready] = queue.SimpleQueue()
    grpc_server = partial(otlp_grpc.GrpcServer, intake, settings, signals=signals, jaeger=jaeger)
    thread = threading.Thread(target=asyncio.run, args=(_serve(server, listening, grpc_server, ready),))
    thread.start()
    loop, stop, grpc_address = ready.get(timeout=30)
    try:
        yield Receiver(log, intake, folder, listening.getsockname()[1], grpc_address)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        log.close()
        intake.close()
        listening.close()


async def _serve(
    server: uvicorn.Server,
    listening: socket.socket,
    make_grpc_server: Callable[[], otlp_grpc.GrpcServer],
    ready: queue.SimpleQueue[_Ready],
) -> None:
    stop, grpc_server = asyncio.Event(), make_grpc_server()
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    # What `server.serve` does, less its main loop, which looks for the end only ten times a second.
    await server.startup([listening])
    ready.put((asyncio.get_running_loop(), stop, str(await grpc_server.start())))
    await stop.wait()
    server.force_exit = True
    await server.shutdown([listening])
    await grpc_server.stop(0)


def status_of(response: httpx.Response) -> Status:
    """The google.rpc.Status of a refusal, from either encoding."""
    if response.headers["Content-Type"] == "application/json":
        document = response.json()
        return Status(code=document["code"], message=document["message"])
    return Status.FromString(response.content)
