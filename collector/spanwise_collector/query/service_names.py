"""What the services of a project are called."""

from typing import Final

from sqlalchemy import select

from spanwise_collector.store import Engine
from spanwise_collector.store.tables import log_patterns, span_stats

_SEEN: Final = (span_stats.c, log_patterns.c)


def service_names(engine: Engine, project: str, since: int = 0) -> set[str]:
    """The services of which spans or log records were received on the day `since` (20261231, in UTC) or later."""
    found: set[str] = set()
    for columns in _SEEN:
        wanted = (columns.project == project, columns.received_day >= since)
        found |= {row.service for row in engine.read(select(columns.service).where(*wanted).distinct())}
    return found
