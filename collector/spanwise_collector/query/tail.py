"""What has arrived since a moment, in the order of arrival."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.conditions import TABLES, condition
from spanwise_collector.query.language.tree import Node, Signal
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import LOG_COLUMNS, SPAN_COLUMNS, RowReader

_COLUMNS: Final[dict[Signal, list[ColumnElement[Any]]]] = {"spans": SPAN_COLUMNS, "logs": LOG_COLUMNS}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Spans or log records of a project for which `where` holds."""

    project: str
    signal: Signal
    where: Node


@dataclass(frozen=True, slots=True)
class Arrived:
    """Rows with the time they were received at, the earliest first; `left_out` more came in the same time."""

    rows: Sequence[tuple[int, Span | LogRecord]]
    left_out: int = 0


def arrived(engine: Engine, wanted: Wanted, after: int, until: int, limit: int) -> Arrived:
    """What was received after `after` and not after `until` (ns); of more than `limit` the first.

    A part of a table knows the least and greatest of these times that it holds, as they are what it is partitioned by,
    so only the newest parts are read.
    """
    columns = TABLES[wanted.signal].c
    received = columns.received_time_unix_nano
    within = (
        columns.project == wanted.project,
        received > after,
        received <= until,
        condition(wanted.where, wanted.signal),
    )
    query = select(*_COLUMNS[wanted.signal], received.label("received")).where(*within)
    rows = engine.read(query.order_by(received).limit(limit + 1))
    left_out = 0
    if len(rows) > limit:
        left_out = int(engine.read(select(func.count().label("n")).where(*within))[0].n) - limit
    reader = RowReader()
    read = reader.span if wanted.signal == "spans" else reader.log_record
    return Arrived([(row.received, read(row)) for row in rows[:limit]], left_out)
