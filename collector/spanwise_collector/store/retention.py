"""Retention: whole days of arrival are dropped, the oldest first, by age and by total size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import column, func, select, table

from spanwise_collector.store.engine import Engine

TABLES: Final = ("spans", "logs", "traces", "span_stats", "metric_points")
_parts: Final = table(
    "parts",
    column("partition"),
    column("table"),
    column("database"),
    column("active"),
    column("bytes_on_disk"),
    schema="system",
)


@dataclass(frozen=True, slots=True)
class Day:
    """What arrived on one day (UTC, as the number 20261231) and how much room it takes on disk."""

    number: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A day that is gone, and which limit it was over."""

    day: Day
    reason: Literal["age", "size"]


def days(engine: Engine) -> list[Day]:
    """The days of which anything is stored, oldest first."""
    columns = _parts.c
    size = func.sum(columns.bytes_on_disk).label("bytes")
    query = (
        select(columns.partition, size)
        .where(columns.active == 1, columns.database == func.currentDatabase(), columns.table.in_(TABLES))
        .group_by(columns.partition)
        .order_by(columns.partition)
    )
    return [Day(int(row.partition), int(row.bytes)) for row in engine.read(query)]


def expired(stored: Sequence[Day], oldest: int, max_bytes: int) -> list[Dropped]:
    """The days to drop: those before `oldest` (a number like Day's), then the oldest until the rest fit in `max_bytes`.

    The newest day always stays: it is being written.
    """
    too_old = [Dropped(day, "age") for day in stored[:-1] if day.number < oldest]
    left = list(stored[len(too_old) :])
    too_much = []
    while len(left) > 1 and sum(day.bytes for day in left) > max_bytes:
        too_much.append(Dropped(left.pop(0), "size"))
    return too_old + too_much


def drop(engine: Engine, day: Day) -> None:
    """Remove all that arrived on a day. May be repeated: a crash in the middle leaves some tables to the next time."""
    for name in TABLES:
        engine.run(f"ALTER TABLE {name} DROP PARTITION {day.number:d}")
