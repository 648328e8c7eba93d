"""The ports that other protocols are known by, for senders that cannot be told another."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from spanwise_collector.access import Gate, project_of
from spanwise_collector.errors import SettingError
from spanwise_collector.receive import jaeger_http, zipkin_http
from spanwise_collector.receive.connection import BoundedConnection, bounded
from spanwise_collector.receive.fluent_server import FluentServer
from spanwise_collector.receive.http import NothingHere
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.jaeger_udp import UdpServer
from spanwise_collector.receive.log_http import reading_of
from spanwise_collector.receive.otlp_grpc import GrpcServer
from spanwise_collector.receive.syslog_server import SyslogServer
from spanwise_collector.settings import Address, Settings


@asynccontextmanager
async def peer_ports(
    intake: Intake, settings: Settings, gate: Gate, guarded: Callable[[ASGIApp], ASGIApp], grace: float
) -> AsyncIterator[dict[str, Address]]:
    """Listen on every port of another protocol that the settings name, in this event loop, until the block ends.

    What is served over HTTP stands behind `guarded`; packets carry no key, and are of the default project.

    Yields what is listened on, by the name of its setting; raises SettingError when a port is taken. Calls that
    run at the end have `grace` seconds.
    """
    host = settings.http.host
    found: dict[str, Address] = {}
    async with AsyncExitStack() as stack:
        for name, router in (("zipkin_port", zipkin_http.router), ("jaeger_http_port", jaeger_http.router)):
            if port := getattr(settings, name):
                served = router(intake, settings, project_of)
                served.default = NothingHere(intake)
                app = guarded(served)
                connection = bounded(settings.read_timeout, intake.counters.refuse_unknown)
                serving = _http(app, Address(host, port), connection)
                found[name] = await stack.enter_async_context(serving)
        packets = UdpServer(intake)
        stack.push_async_callback(packets.stop)
        if settings.jaeger_compact_port:
            found["jaeger_compact_port"] = await packets.listen_compact(Address(host, settings.jaeger_compact_port))
        if settings.jaeger_binary_port:
            found["jaeger_binary_port"] = await packets.listen_binary(Address(host, settings.jaeger_binary_port))
        if settings.jaeger_grpc_port:
            calls = GrpcServer(intake, settings, gate.project_of_call, signals=(), jaeger=True)
            stack.push_async_callback(calls.stop, grace)
            found["jaeger_grpc_port"] = await calls.start(
                Address(settings.grpc.host, settings.jaeger_grpc_port), "--jaeger-grpc-port"
            )
        if settings.syslog_port:
            syslog = SyslogServer(intake, reading_of(settings))
            stack.push_async_callback(syslog.stop)
            found["syslog_port"] = await syslog.listen(Address(host, settings.syslog_port))
        if settings.fluent_port:
            fluent = FluentServer(intake, settings)
            stack.push_async_callback(fluent.stop)
            found["fluent_port"] = await fluent.listen(Address(host, settings.fluent_port))
        yield found


@asynccontextmanager
async def _http(app: ASGIApp, address: Address, connection: type[BoundedConnection]) -> AsyncIterator[Address]:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # Made for TCP by name: asyncio switches Nagle's algorithm off only for such, and it costs 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address.host, address.port))
    except OSError as error:
        listening.close()
        raise SettingError(f"Nobody can listen on {address}: {error.strerror}.") from None
    config = uvicorn.Config(
        app, http=connection, log_config=None, log_level="error", access_log=False, server_header=False, lifespan="off"
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # What `server.serve` does, less its signal handlers: those of the main server end this one too.
    await server.startup([listening])
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield address
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown([listening])
        listening.close()
