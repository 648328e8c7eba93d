"""Retention: whole days of arrival are dropped, the oldest first, by age and by total size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import FromClause, Label, Select, column, func, literal_column, select, table

from spanwise_collector.errors import StoreError
from spanwise_collector.store.engine import Engine

TABLES: Final = (
    "spans",
    "logs",
    "traces",
    "span_stats",
    "span_sample",
    "log_patterns",
    "attributes",
    "error_forms",
    "metric_points",
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
    names = [engine.layout.local(name) for name in TABLES]
    size: Label[int] = func.sum(column("bytes_on_disk")).label("bytes")
    query: Select[*tuple[Any, ...]] = (
        select(column("partition"), size)
        .select_from(_parts(engine))
        .where(column("active") == 1, column("database") == func.currentDatabase(), column("table").in_(names))
        .group_by(column("partition"))
        .order_by(column("partition"))
    )
    return [Day(int(row.partition), int(row.bytes)) for row in engine.look(query)]


def expired(stored: Sequence[Day], oldest: int, max_bytes: int) -> list[Dropped]:
    """The days to drop: those before `oldest` (a number like Day's), then the oldest until the rest fit in `max_bytes`.

    For its size the newest day never goes, which is likely to be written; for its age any does.
    """
    too_old = [Dropped(day, "age") for day in stored if day.number < oldest]
    left = list(stored[len(too_old) :])
    too_much = []
    while len(left) > 1 and sum(day.bytes for day in left) > max_bytes:
        too_much.append(Dropped(left.pop(0), "size"))
    return too_old + too_much


def drop(engine: Engine, day: Day) -> None:
    """Remove all that arrived on a day. May be repeated: a crash in the middle leaves some tables to the next time."""
    layout, failed = engine.layout, None
    for name in TABLES:
        try:
            engine.run(f"ALTER TABLE {layout.local(name)}{layout.on_cluster} DROP PARTITION {day.number:d}")
        except StoreError as error:
            # Of a cluster with a server away the others have done it: the next table must not wait for that one.
            failed = error
    if failed is not None:
        raise failed


def _parts(engine: Engine) -> FromClause:
    """What lies on disk; of a cluster, on one replica of each shard."""
    if not engine.layout.cluster:
        return table("parts", schema="system")
    return func.cluster(engine.layout.cluster, literal_column("system.parts")).table_valued()
