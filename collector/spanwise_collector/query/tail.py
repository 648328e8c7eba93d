"""What has arrived since a moment, in the order of arrival."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.conditions import TABLES, condition
from spanwise_collector.query.extent import TIMES
from spanwise_collector.query.language.tree import Node, Signal
from spanwise_collector.query.patterns import widened
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import LOG_COLUMNS, SPAN_COLUMNS, RowReader

_COLUMNS: Final[dict[Signal, list[ColumnElement[Any]]]] = {"spans": SPAN_COLUMNS, "logs": LOG_COLUMNS}
# Rows of one request were received at one time, and some happened at one: this tells them apart, so that a page can end
# between them. Those it does not tell apart are equal.
_MARK: Final[dict[Signal, ColumnElement[Any]]] = {
    signal: func.cityHash64(*(column for column in table.c if column.name != "project"))
    for signal, table in TABLES.items()
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Spans or log records of a project for which `where` holds."""

    project: str
    signal: Signal
    where: Node

    def widened(self, engine: Engine) -> "Wanted":
        """The same with every form of a template that is known now in the place of its `pattern:`."""
        return replace(self, where=widened(engine, self.project, self.where))


@dataclass(frozen=True, slots=True)
class Place:
    """How far was read: all that was received before `received` (ns), and so many of the rows received at it."""

    received: int
    read: int = 0

    def beyond(self, times: Sequence[int], cut: int) -> "Place":
        """The place after rows received at these times, the last of which may be `cut`."""
        return Place(cut, times.count(cut) + (self.read if self.received == cut else 0))


Places = Mapping[Signal, Place]


@dataclass(frozen=True, slots=True)
class Arrived:
    """Rows with the time they were received at, the earliest first; `rest` is where those begin that are left."""

    rows: Sequence[tuple[int, Span | LogRecord]]
    rest: Places | None = None


def arrived(engine: Engine, wanted: Sequence[Wanted], places: Places, until: int, limit: int) -> Arrived:
    """What was received from these places on and not after `until` (ns): of each signal up to `limit` rows.

    A part of a table knows the least and greatest of these times that it holds, as they are what it is partitioned by,
    so only the newest parts are read.
    """
    found = {each.signal: _first(engine, each, places[each.signal], until, limit + 1) for each in wanted}
    # Of the signals together nothing is told before what was received earlier: all end where the shortest does.
    ends = [rows[limit - 1][0] for rows in found.values() if len(rows) > limit]
    cut = min(ends, default=until)
    kept = {signal: [row for row in rows[:limit] if row[0] <= cut] for signal, rows in found.items()}
    told = sorted((row for rows in kept.values() for row in rows), key=lambda row: row[0])
    if not ends:
        return Arrived(told)
    return Arrived(told, {each: places[each].beyond([row[0] for row in rows], cut) for each, rows in kept.items()})


def _first(engine: Engine, wanted: Wanted, place: Place, until: int, count: int) -> list[tuple[int, Span | LogRecord]]:
    received = TABLES[wanted.signal].c.received_time_unix_nano
    query = select(*_COLUMNS[wanted.signal], received.label("received")).where(*_within(wanted, place, until))
    query = query.order_by(received, TIMES[wanted.signal], _MARK[wanted.signal]).limit(count).offset(place.read)
    reader = RowReader()
    read = reader.span if wanted.signal == "spans" else reader.log_record
    return [(row.received, read(row)) for row in engine.read(query)]


def remaining(engine: Engine, wanted: Sequence[Wanted], places: Places, until: int) -> int:
    """How many `arrived` would give from these places on in all."""
    total = 0
    for each in wanted:
        place = places[each.signal]
        count = select(func.count().label("n")).where(*_within(each, place, until))
        total += int(engine.read(count)[0].n) - place.read
    return total


def _within(wanted: Wanted, place: Place, until: int) -> list[ColumnElement[bool]]:
    columns = TABLES[wanted.signal].c
    received = columns.received_time_unix_nano
    return [
        columns.project == wanted.project,
        received >= place.received,
        received <= until,
        condition(wanted.where, wanted.signal),
    ]
