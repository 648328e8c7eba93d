"""The composition root: every part of one collector made, connected, started and stopped in order."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from spanwise_collector.access import grant_of, project_of
from spanwise_collector.api import (
    admin,
    colours,
    errands,
    error_groups,
    export,
    exposition,
    failures,
    health,
    models,
    nodes,
    problems,
    routes,
    sampling,
    tail,
    trace_health,
    web,
)
from spanwise_collector.api.feeds import Feeds, settled
from spanwise_collector.diagnose.thresholds import Thresholds
from spanwise_collector.entrance import Entrance, entrance
from spanwise_collector.folder import DataFolder
from spanwise_collector.housekeeping import keep_house
from spanwise_collector.keeping.desk import Desk
from spanwise_collector.lookout import Lookout
from spanwise_collector.query.arrivals import arrivals
from spanwise_collector.query.extent import Most
from spanwise_collector.query.known import known
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.totals import totals
from spanwise_collector.receive import imported, jaeger_http, lines, loki_http, otlp_http, zipkin_http
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.otlp_grpc import GrpcServer
from spanwise_collector.receive.peers import peer_ports
from spanwise_collector.registry.watch import Registries
from spanwise_collector.settings import Address, Settings
from spanwise_collector.settings.sampling import SamplingFile
from spanwise_collector.spool import Segment, Signal, Spool
from spanwise_collector.store import Engine, Loader, migration
from spanwise_collector.store.catalogue import Catalogue
from spanwise_collector.store.errand import Allowance
from spanwise_collector.store.opening import opened
from spanwise_collector.vitals import Vitals
from spanwise_collector.works import at_work, spool_of


class Collector:
    """One running collector; `asgi` is its HTTP side, `grpc` the address that its gRPC side is bound to."""

    def __init__(  # noqa: PLR0913, PLR0917 - it holds every part
        self,
        settings: Settings,
        folder: DataFolder,
        engine: Engine,
        spool: Spool,
        loader: Loader[Segment],
        intake: Intake,
        entrance: Entrance,
        desk: Desk | None,
        vitals: Vitals,
        thresholds: Thresholds,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.engine = engine
        self.spool = spool
        self.loader = loader
        self.intake = intake
        self.entrance = entrance
        self.grpc: Address = settings.grpc
        self.http: Address = settings.http
        self.vitals = vitals
        self.sampling = SamplingFile(settings.sampling)
        self.desk = desk
        self.thresholds = thresholds
        self.lookout = Lookout(engine, entrance.notebook, settings, folder.collector, thresholds)
        self.feeds = Feeds(
            lambda: settled(spool.stats().oldest), buffer=settings.tail_buffer, most=settings.tail_clients
        )
        self.registries = Registries(settings.registry)
        self.asgi = _asgi(self)

    def status(self, project: str) -> models.CollectorStatus:
        """What the collector holds of a project, and what it has accepted and refused of all."""
        stored = totals(self.engine, project)
        counters = self.intake.counters
        return models.CollectorStatus(
            version=version("spanwise-collector"),
            started_unix_nano=self.vitals.started,
            http=str(self.http),
            grpc=str(self.grpc),
            data=str(self.folder.path),
            span_count=stored.spans,
            log_count=stored.logs,
            service_count=stored.services,
            accepted_spans=counters.accepted_of(Signal.TRACES),
            accepted_logs=counters.accepted_of(Signal.LOGS),
            refused=counters.refused_by_reason(),
            waiting_bytes=self.spool.stats().bytes,
            last_store_error=self.loader.state.last_error or None,
            retention=int(self.settings.retention * 1e9),
            retention_bytes=self.settings.retention_bytes,
        )


def _asgi(collector: Collector) -> FastAPI:
    app = FastAPI(
        title="Spanwise",
        version=version("spanwise-collector"),
        summary="Distributed traces and logs: taken in over OTLP, searched and diagnosed here.",
        docs_url=None,
        redoc_url=None,
    )
    intake, settings, vitals = collector.intake, collector.settings, collector.vitals
    app.include_router(_ways_in(intake, settings))
    app.include_router(health.router(vitals.trouble))
    app.include_router(exposition.router(vitals.health))
    app.include_router(
        health.words_router(vitals.health, vitals.recent, partial(arrivals, collector.engine), project_of)
    )
    allowance = Allowance(settings.query_timeout, settings.query_rows, settings.query_memory)
    exporting = replace(allowance, seconds=settings.export_timeout, rows=0, timeout="export_timeout")
    limits = Limits(settings.query_length, settings.query_terms, settings.query_depth, settings.structure_spans)
    most = Most(settings.facet_rows, settings.map_rows, settings.map_nodes, settings.drawn_spans)
    app.include_router(
        routes.router(
            collector.engine,
            collector.status,
            settings.max_trace_spans,
            project_of,
            limits=limits,
            most=most,
            known=known(collector.entrance.notebook),
            thresholds=collector.thresholds,
        )
    )
    app.include_router(error_groups.router(collector.engine, collector.entrance.notebook, project_of, grant_of, limits))
    app.include_router(trace_health.router(collector.engine, project_of))
    app.include_router(colours.router(collector.engine, collector.entrance.notebook, project_of))
    lookout = collector.lookout
    app.include_router(problems.router(collector.entrance.notebook, lookout.last, lookout.interval, project_of))
    app.include_router(nodes.router(collector.engine, collector.registries.of, project_of))
    app.include_router(
        tail.router(collector.engine, collector.feeds, project_of, limits, collector.entrance.gate.goes_on)
    )
    app.include_router(export.router(collector.engine, project_of, limits, settings.export_rows))
    app.include_router(
        imported.router(intake, settings, project_of), responses=models.described(400, 413, 422, 429, 503)
    )
    app.include_router(sampling.router(collector.sampling))
    if (desk := collector.desk) is not None:
        app.include_router(admin.router(desk.erasures, desk.backups, time.time_ns, grant_of))
    app.include_router(collector.entrance.router())
    app.include_router(web.router(intake.counters.refuse_unknown))
    failures.install(app, intake.counters.refuse_unknown)
    app.add_middleware(errands.Errands, stop=collector.engine.stop, allowance=allowance, exporting=exporting)
    app.add_middleware(collector.entrance.guard, counters=intake.counters)
    app.add_middleware(web.SecurityHeaders)
    return app


def _ways_in(intake: Intake, settings: Settings) -> APIRouter:
    """Every protocol that is spoken over HTTP."""
    made = APIRouter()
    made.include_router(lines.router(intake, settings, project_of))
    made.include_router(loki_http.router(intake, settings, project_of))
    made.include_router(otlp_http.router(intake, settings, project_of, signals=tuple(Signal)))
    made.include_router(zipkin_http.router(intake, settings, project_of))
    made.include_router(jaeger_http.router(intake, settings, project_of))
    return made


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Collector]:
    """A collector that takes gRPC and is ready to be served over HTTP; stops everything, in order, at the end.

    Raises SettingError where a threshold, the data folder or the gRPC address cannot be used, StoreError where the
    store cannot.
    """
    thresholds = Thresholds.of(settings.threshold)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(
            DataFolder(settings.data, f"http {settings.http}, gRPC {settings.grpc}", migration.VERSION)
        )
        door = stack.enter_context(entrance(settings))
        engine = stack.enter_context(opened(folder, settings))
        spool = spool_of(folder, settings)
        intake = Intake(spool, settings.max_inflight_bytes)
        stack.callback(intake.close)
        works = stack.enter_context(at_work(folder, engine, spool, settings.backup_dir, door.note))
        loader, work = works.loader, works.desk
        undone = list if work is None else work.erasures.undone
        vitals = Vitals(
            intake,
            spool,
            loader,
            engine,
            folder.refused,
            works.recovered,
            Catalogue(engine, settings.catalogue_entries),
            undone,
        )
        collector = Collector(settings, folder, engine, spool, loader, intake, door, work, vitals, thresholds)
        grpc = GrpcServer(intake, settings, door.gate.project_of_call, signals=tuple(Signal))
        collector.grpc = await grpc.start()
        stack.push_async_callback(grpc.stop, settings.stop_timeout)
        await stack.enter_async_context(
            peer_ports(
                intake, settings, door.gate, partial(door.guard, counters=intake.counters), settings.stop_timeout
            )
        )
        collector.registries.start(settings.registry_interval)
        stack.callback(collector.registries.stop)
        stack.callback(collector.lookout.stop)
        for work_on in (
            keep_house(engine, settings, vitals.catalogue),
            intake.history.keep(),
            collector.lookout.watch(),
        ):
            stack.callback(asyncio.create_task(work_on).cancel)
        yield collector
