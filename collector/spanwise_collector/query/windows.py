"""A time range cut into windows, so that what is newest is found without reading the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, func, select

from spanwise_collector.query.language.tree import Signal
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, log_patterns, span_stats

_FIRST: Final = 50_000
"""Rows of the first window: their attributes are read in about 10 ms (ADR-0084)."""
_GROWTH: Final = 8
_LEAST: Final = 10**9
"""No window is shorter (ns): a second's spans lie in a few parts, and most traces have ended within it."""
_MOST_MINUTES: Final = 2000


@dataclass(frozen=True, slots=True)
class Crowd:
    """The rows of one minute, the newest of which is of the time `last` (ns)."""

    minute: int
    rows: int
    last: int


_COUNTED: Final[dict[Signal, tuple[Table, ColumnElement[Any], ColumnElement[Any]]]] = {
    "spans": (span_stats, span_stats.c.span_count, span_stats.c.last_start_time_unix_nano),
    "logs": (log_patterns, log_patterns.c.record_count, log_patterns.c.last_time_unix_nano),
}


def newest_windows(engine: Engine, signal: Signal, project: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """`windows` of a project's rows, by the rollups' counts of them; nothing is asked for an empty range."""
    if start < end:
        yield from windows(_crowds(engine, signal, project, start, end), start, end, _FIRST)


def newest_windows_of_operation(
    engine: Engine, project: str, operation: tuple[str, str], start: int, end: int, first: int
) -> Iterator[tuple[int, int]]:
    """The same by the spans of one operation (service and name), so many in the first."""
    service, name = operation
    where = (span_stats.c.service == service, span_stats.c.name == name)
    yield from windows(_crowds(engine, "spans", project, start, end, *where), start, end, first)


def windows(crowds: Sequence[Crowd], start: int, end: int, first: int) -> Iterator[tuple[int, int]]:
    """Cover `start` (inclusive) to `end` (exclusive) without a gap, the newest first.

    `crowds` are in order, the newest first, as far as they are known. The first window holds about `first` rows and
    each following _GROWTH times as many; where nothing is known, it reaches as many times further back. A wrong count
    costs time and never a row.
    """
    at, wanted, held = end, float(first), 0.0
    newest: int | None = None
    for each in crowds:
        top, bottom = min(at, each.last + 1), max(start, each.minute * MINUTE)
        # As if they were spread evenly.
        density = each.rows / max(1, each.last + 1 - each.minute * MINUTE)
        while bottom < top:
            newest = top if newest is None else newest
            here = density * (top - bottom)
            if held + here < wanted or newest - bottom < _LEAST:
                held += here
                break
            top = max(bottom, min(top - int((wanted - held) / density), newest - _LEAST))
            yield top, at
            at, wanted, held, newest = top, wanted * _GROWTH, 0.0, None
    if len(crowds) == _MOST_MINUTES:
        known = end - crowds[-1].minute * MINUTE
        while start < end - known:
            if end - known < at:
                yield end - known, at
                at = end - known
            known *= _GROWTH
    if start < at:
        yield start, at


def _crowds(
    engine: Engine, signal: Signal, project: str, start: int, end: int, *where: ColumnElement[bool]
) -> list[Crowd]:
    """The newest minutes that have rows, at most _MOST_MINUTES."""
    table, count, last = _COUNTED[signal]
    minute = table.c.minute
    query = (
        select(minute, func.sum(count).label("rows"), func.max(last).label("last"))
        .where(table.c.project == project, minute >= start // MINUTE, minute <= (end - 1) // MINUTE, *where)
        .group_by(minute)
        .order_by(minute.desc())
        .limit(_MOST_MINUTES)
    )
    return [Crowd(row.minute, row.rows, row.last) for row in engine.read(query)]
