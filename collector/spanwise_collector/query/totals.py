"""How much is stored."""

from dataclasses import dataclass

from sqlalchemy import func, select

from spanwise_collector.store import Engine
from spanwise_collector.store.tables import log_patterns, logs, span_stats, spans


@dataclass(frozen=True, slots=True)
class Totals:
    """What can be searched."""

    spans: int
    logs: int
    services: int


def totals(engine: Engine, project: str) -> Totals:
    """Count what a project has in the store."""
    count = func.count().label("rows")
    services = {
        row.service
        for rollup in (span_stats, log_patterns)
        for row in engine.read(select(rollup.c.service).where(rollup.c.project == project).distinct())
    }
    return Totals(
        spans=int(engine.read(select(count).select_from(spans).where(spans.c.project == project))[0].rows),
        logs=int(engine.read(select(count).select_from(logs).where(logs.c.project == project))[0].rows),
        services=len(services),
    )
