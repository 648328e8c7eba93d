"""Who has been sending."""

from typing import Final

from sqlalchemy import func, select

from spanwise_collector.model.health import Arrival
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, span_stats

LIMIT: Final = 1000


def arrivals(engine: Engine, project: str, since: int) -> list[Arrival]:
    """Instances with a span that began since then (ns), the busiest first, at most LIMIT."""
    columns = span_stats.c
    count = func.sum(columns.span_count)
    query = (
        select(
            columns.service,
            columns.instance,
            count.label("spans"),
            func.sum(columns.failed_count).label("errors"),
            func.max(columns.last_start_time_unix_nano).label("last_seen"),
        )
        .where(columns.project == project, columns.minute >= since // MINUTE)
        .group_by(columns.service, columns.instance)
        .order_by(count.desc(), columns.service, columns.instance)
        .limit(LIMIT)
    )
    return [Arrival(row.service, row.instance, row.spans, row.errors, row.last_seen) for row in engine.read(query)]
