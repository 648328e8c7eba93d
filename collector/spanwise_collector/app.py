"""The composition root: every part of one collector made, connected, started and stopped in order."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.metadata import version

import psutil
from fastapi import FastAPI

from spanwise_collector.api import exposition, failures, health, models, routes, web
from spanwise_collector.errors import StoreError
from spanwise_collector.folder import DataFolder
from spanwise_collector.housekeeping import keep_house
from spanwise_collector.model.health import Health
from spanwise_collector.query.arrivals import arrivals
from spanwise_collector.query.totals import totals
from spanwise_collector.receive import jaeger_http, otlp_http, zipkin_http
from spanwise_collector.receive.check import canonical
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.otlp_grpc import GrpcServer
from spanwise_collector.receive.peers import peer_ports
from spanwise_collector.settings import Address, Settings
from spanwise_collector.spool import Recovered, Segment, Signal, Spool
from spanwise_collector.store import Engine, Loader, retention, schema

_log = logging.getLogger(__name__)
_PROJECT = "default"


class Collector:
    """One running collector; `asgi` is its HTTP side, `grpc` the address that its gRPC side is bound to."""

    def __init__(
        self, settings: Settings, engine: Engine, spool: Spool, loader: Loader[Segment], intake: Intake
    ) -> None:
        self.settings = settings
        self.engine = engine
        self.spool = spool
        self.loader = loader
        self.intake = intake
        self.grpc: Address = settings.grpc
        self.http: Address = settings.http
        self.started = time.time_ns()
        self.asgi = _asgi(self)

    def status(self) -> models.CollectorStatus:
        """What the collector holds, has accepted and has refused."""
        stored = totals(self.engine, _PROJECT)
        counters = self.intake.counters
        return models.CollectorStatus(
            version=version("spanwise-collector"),
            started_unix_nano=self.started,
            http=str(self.http),
            grpc=str(self.grpc),
            data=str(self.settings.data.absolute()),
            span_count=stored.spans,
            log_count=stored.logs,
            service_count=stored.services,
            accepted_spans=counters.accepted_of(Signal.TRACES),
            accepted_logs=counters.accepted_of(Signal.LOGS),
            refused=counters.refused_by_reason(),
            waiting_bytes=self.spool.stats().bytes,
            last_store_error=self.loader.state.last_error or None,
        )

    def health(self) -> Health:
        """How the collector is doing at this moment."""
        counters, spool, loader = self.intake.counters, self.spool.stats(), self.loader.state
        return Health(
            started=self.started,
            accepted=dict(counters.accepted),
            rejected=dict(counters.rejected),
            repeated=dict(counters.repeated),
            refused=dict(counters.refused),
            waiting_bytes=spool.bytes,
            waiting_limit=spool.max_bytes,
            waiting_segments=spool.segments,
            lag_seconds=0.0 if spool.oldest is None else max(0.0, (time.time_ns() - spool.oldest) / 1e9),
            spool_error=spool.error,
            segments_loaded=loader.loaded,
            insert_seconds=loader.insert_seconds,
            store_error=loader.last_error or None,
            set_aside=dict(loader.refused),
            stored_bytes=sum(day.bytes for day in retention.days(self.engine)),
            memory_bytes=psutil.Process().memory_info().rss,
        )

    def trouble(self) -> str | None:
        """Why the collector cannot do its work, in a sentence; None when it can."""
        try:
            self.engine.check()
        except StoreError as error:
            return f"The store does not answer: {error}"
        spool_error = self.spool.stats().error
        return None if spool_error is None else f"The spool cannot write: {spool_error}"


def _asgi(collector: Collector) -> FastAPI:
    app = FastAPI(
        title="Spanwise",
        version=version("spanwise-collector"),
        summary="Distributed traces and logs: taken in over OTLP, searched and diagnosed here.",
        docs_url=None,
        redoc_url=None,
    )
    intake, settings = collector.intake, collector.settings
    app.include_router(otlp_http.router(intake, settings, signals=tuple(Signal)))
    app.include_router(zipkin_http.router(intake, settings))
    app.include_router(jaeger_http.router(intake, settings))
    app.include_router(health.router(collector.trouble))
    app.include_router(exposition.router(collector.health))
    app.include_router(health.words_router(collector.health, lambda since: arrivals(collector.engine, _PROJECT, since)))
    app.include_router(routes.router(collector.engine, collector.status, collector.settings.max_trace_spans))
    app.include_router(web.router())
    app.add_middleware(web.SecurityHeaders)
    failures.install(app)
    return app


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Collector]:
    """A collector that takes gRPC and is ready to be served over HTTP; stops everything, in order, at the end.

    Raises SettingError where the data folder or the gRPC address cannot be used, StoreError where the store cannot.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(
            DataFolder(settings.data, f"http {settings.http}, gRPC {settings.grpc}", schema.VERSION)
        )
        engine = stack.enter_context(_engine(folder, settings))
        spool = Spool(
            folder.spool,
            segment_bytes=settings.spool_segment_bytes,
            segment_age=settings.spool_segment_age,
            max_bytes=settings.spool_max_bytes,
            brake_bytes=settings.spool_brake_bytes,
            resend_window=settings.resend_window,
        )
        loader = Loader(
            engine,
            spool.closed,
            release=spool.release,
            mend=lambda segment: spool.mend(segment, canonical),
            set_aside=_set_aside(folder, spool),
        )
        intake = Intake(spool, settings.max_inflight_bytes)
        stack.callback(intake.close)
        _report(spool.start())
        loader.start()
        stack.callback(loader.close)
        stack.callback(spool.close)
        collector = Collector(settings, engine, spool, loader, intake)
        grpc = GrpcServer(intake, settings, signals=tuple(Signal))
        collector.grpc = await grpc.start()
        stack.push_async_callback(grpc.stop, settings.stop_timeout)
        await stack.enter_async_context(peer_ports(intake, settings, settings.stop_timeout))
        house = asyncio.create_task(keep_house(engine, settings))
        stack.callback(house.cancel)
        yield collector


@contextmanager
def _engine(folder: DataFolder, settings: Settings) -> Iterator[Engine]:
    engine = Engine(
        folder.store,
        memory=settings.store_memory,
        query_seconds=settings.query_timeout,
        query_memory=settings.query_memory,
    )
    try:
        schema.create(engine.run)
        folder.mark()
        yield engine
    finally:
        engine.close()


def _set_aside(folder: DataFolder, spool: Spool) -> Callable[[Segment, str], None]:
    def set_aside(segment: Segment, reason: str) -> None:
        place = spool.set_aside(segment, folder.refused, reason)
        _log.error("The store refused segment %s for good; it lies in %s, the reason beside it.", segment.name, place)

    return set_aside


def _report(found: Recovered) -> None:
    if found.torn_files:
        _log.warning(
            "The collector had not been stopped: %d bytes in %d files had not been acknowledged and were cut.",
            found.torn_bytes,
            found.torn_files,
        )
    if found.damaged:
        _log.error("Acknowledged data was damaged on disk; what is left of it is kept: %s.", ", ".join(found.damaged))
