"""How much is stored."""

from dataclasses import dataclass

from sqlalchemy import func, select

from spanwise_collector.query.service_names import service_names
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import logs, spans


@dataclass(frozen=True, slots=True)
class Totals:
    """What can be searched."""

    spans: int
    logs: int
    services: int


def totals(engine: Engine, project: str) -> Totals:
    """Count what a project has in the store."""
    count = func.count().label("rows")
    return Totals(
        spans=int(engine.read(select(count).select_from(spans).where(spans.c.project == project))[0].rows),
        logs=int(engine.read(select(count).select_from(logs).where(logs.c.project == project))[0].rows),
        services=len(service_names(engine, project)),
    )
