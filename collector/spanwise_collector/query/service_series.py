"""Requests of every service over time, from the sums that are kept by minute."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from spanwise_collector.query.figures import REQUESTS, STATS
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE

_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)


@dataclass(frozen=True, slots=True)
class ServiceSeries:
    """By service its steps with any request, by time: where one begins, its requests, and those that failed.

    Times and `step` are nanoseconds; steps begin at multiples of `step`.
    """

    step: int = 0
    points: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)


def step_of(minutes: int, columns: int) -> int:
    """The shortest length of a step, in minutes, of which at most `columns` touch so many minutes."""
    return next((each for each in _STEPS if minutes <= each * (columns - 1)), -(-minutes // max(1, columns - 1)))


def series_by_service(engine: Engine, project: str, start: int, end: int, columns: int) -> ServiceSeries:
    """The requests of the whole minutes that the range touches, in at most `columns` steps."""
    within = (STATS.project == project, STATS.minute >= start // MINUTE, STATS.minute < -(-end // MINUTE), REQUESTS)
    # A range may be open: its steps are of the time that has any.
    (seen,) = engine.read(
        select(func.min(STATS.minute).label("first"), func.max(STATS.minute).label("last"), func.count().label("n"))
        .where(*within)
    )  # fmt: skip
    if seen.n == 0:
        return ServiceSeries()
    step = step_of(seen.last - seen.first + 1, columns)
    # Multiplied in 64 bits: minutes since the epoch are kept in 32.
    time = (func.intDiv(func.toUInt64(STATS.minute), step) * step * MINUTE).label("time")
    rows = engine.read(
        select(
            STATS.service,
            time,
            func.sum(STATS.span_count).label("requests"),
            func.sum(STATS.failed_count).label("errors"),
        )
        .where(*within)
        .group_by(STATS.service, time)
        .order_by(STATS.service, time)
    )
    points: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in rows:
        points[row.service].append((row.time, row.requests, row.errors))
    return ServiceSeries(step * MINUTE, dict(points))
