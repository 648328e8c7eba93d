"""Lists of spans and of log records: those for which a condition of the search language holds, in order of time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, tuple_

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.inferred import alone
from spanwise_collector.query.language.tree import EVERYTHING, Equals, Key, Node, Signal, Term, required
from spanwise_collector.query.page import Page, Portions, decode_cursor, encode_cursor, gathered
from spanwise_collector.query.patterns import widened
from spanwise_collector.query.windows import newest_windows
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import LOG_COLUMNS, SPAN_COLUMNS, RowReader
from spanwise_collector.store.tables import logs, spans

T = TypeVar("T")
# A cursor that nobody here has made could claim to stand behind any number of equal rows.
_MOST_EQUAL: Final = 1_000_000_000
# Rows may be deleted between the two queries of a page: a short one is no end of the list.
_TRIES: Final = 3
_TRACE: Final = Key("field", "trace_id")


@dataclass(frozen=True, slots=True)
class RecordSearch:
    """Rows from `start` (inclusive) to `end` (exclusive) for which `where` holds.

    With `trace_id` only those of that trace; log records without ids too, where it was alone in their instance.
    """

    project: str
    start: int
    end: int
    where: Node = EVERYTHING
    sort: Literal["newest", "oldest"] = "newest"
    limit: int = 100
    cursor: str | None = None
    trace_id: str | None = None


@dataclass(frozen=True)
class _Kind:
    """Spans or log records. `mark` tells rows of one nanosecond apart, so that a cursor has a place to stand.

    Rows that are equal in the mark look the same, and the cursor counts them.
    """

    signal: Signal
    columns: list[ColumnElement[Any]]
    project: ColumnElement[str]
    time: ColumnElement[int]
    mark: ColumnElement[int]


_LOGS: Final = _Kind(
    "logs",
    LOG_COLUMNS,
    logs.c.project,
    logs.c.time_unix_nano,
    func.cityHash64(*(column for column in logs.c if column.name not in ("project", "time_unix_nano"))),
)
_SPANS: Final = _Kind(
    "spans",
    SPAN_COLUMNS,
    spans.c.project,
    spans.c.start_time_unix_nano,
    func.cityHash64(*(column for column in spans.c if column.name not in ("project", "start_time_unix_nano"))),
)


def search_logs(engine: Engine, request: RecordSearch) -> Page[LogRecord]:
    """One page of the log records asked for, in a total order of time."""
    return gathered(found_logs(engine, request, at_once=True))


def search_spans(engine: Engine, request: RecordSearch) -> Page[Span]:
    """One page of the spans asked for, in a total order of their start."""
    return gathered(found_spans(engine, request, at_once=True))


def found_logs(engine: Engine, request: RecordSearch, at_once: bool = False) -> Portions[LogRecord]:
    """The log records asked for, in a total order of time: as each window is answered or, a little cheaper, at once."""
    apart = alone(engine, request.project, request.trace_id) if request.trace_id is not None else None
    asked = _asked(engine, request, _LOGS, None if apart is None else apart.condition())
    read = RowReader().log_record
    return _found(asked, at_once, read if apart is None else lambda row: apart.joined(read(row)))


def found_spans(engine: Engine, request: RecordSearch, at_once: bool = False) -> Portions[Span]:
    """The spans asked for, in a total order of their start, as `found_logs` finds records."""
    return _found(_asked(engine, request, _SPANS), at_once, RowReader().span)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search, the conditions of its rows, and the place in the list from which on they are wanted."""

    engine: Engine
    request: RecordSearch
    kind: _Kind
    wanted: tuple[ColumnElement[bool], ...]
    place: list[Any] | None


def _asked(engine: Engine, request: RecordSearch, kind: _Kind, also: ColumnElement[bool] | None = None) -> _Asked:
    place = decode_cursor(request.cursor, request.sort, int, int, int) if request.cursor is not None else None
    holds = condition(widened(engine, request.project, request.where), kind.signal)
    wanted = [kind.project == request.project, holds]
    if request.trace_id is not None:
        own = condition(Term(_TRACE, Equals(request.trace_id)), kind.signal)
        wanted.append(own if also is None else or_(own, also))
    return _Asked(engine, request, kind, tuple(wanted), place)


def _found(asked: _Asked, at_once: bool, read: Callable[[Row[Any]], T]) -> Portions[T]:
    limit, place = asked.request.limit, asked.place
    rows: list[Row[Any]] = []
    page: list[T] = []
    for part in _rows(asked, at_once):
        rows += part
        fresh = [read(row) for row in rows[len(page) : limit]]
        page += fresh
        yield fresh
    if len(rows) <= limit:
        return Page(page, len(page), "gte" if place else "eq", "end")
    return Page(page, len(rows), "gte", "limit", _next_cursor(asked.request.sort, rows[:limit], place))


def _next_cursor(sort: str, rows: list[Row[Any]], place: list[Any] | None) -> str:
    time, mark = rows[-1].at, rows[-1].mark
    same = sum(1 for row in rows if (row.at, row.mark) == (time, mark))
    if place is not None and (place[0], place[1]) == (time, mark):
        same += place[2]
    return encode_cursor(sort, time, mark, same)


def _rows(asked: _Asked, at_once: bool) -> Iterator[list[Row[Any]]]:
    """One more than the page has, where there are so many; of a part of the windows at a time."""
    request, place = asked.request, asked.place
    missing = request.limit + 1
    # Rows of the cursor's time, of which so many were listed.
    here = [place[0]] if place and request.start <= place[0] < request.end else []
    skip = min(place[2], _MOST_EQUAL) if place and here else 0
    windows = _windows(asked)
    for part in [list(windows)] if at_once else ([window] for window in windows):
        rows = _of_windows(asked, part, here, skip, missing)
        missing -= len(rows)
        yield rows
        if not missing:
            return
        here, skip = [], 0


def _of_windows(
    asked: _Asked, windows: Sequence[tuple[int, int]], here: list[int], skip: int, missing: int
) -> list[Row[Any]]:
    """The first `missing` of some windows and of the time `here`, but for `skip` that come first."""
    kind, found = asked.kind, list[Row[Any]]()
    for _ in range(_TRIES):
        times = _times(asked, windows, missing)
        if not times and not here:
            return []
        # Most columns are read for few rows: what holds is asked again, but only at the times where it did.
        ends = (*times[:1], *times[-1:], *here)
        at = [kind.time.between(min(ends), max(ends)), kind.time.in_(sorted({*times, *here}))]
        query = select(*kind.columns, kind.time.label("at"), kind.mark.label("mark")).where(*asked.wanted, *at)
        found = list(asked.engine.read(_ordered(query, asked).limit(missing).offset(skip)))
        if len(found) >= min(missing, len(times)):
            break
    return found


def _times(asked: _Asked, windows: Sequence[tuple[int, int]], count: int) -> list[int]:
    """The first `count` times of the rows wanted that lie behind the cursor's time, in the order of the list."""
    time, place = asked.kind.time, asked.place
    newest = asked.request.sort == "newest"
    beyond = [] if place is None else [time < place[0] if newest else time > place[0]]
    found: list[int] = []
    for start, end in windows:
        query = select(time.label("at")).where(*asked.wanted, *beyond, start <= time, end > time)
        query = query.order_by(time.desc() if newest else time)
        found += (row.at for row in asked.engine.read(query.limit(count - len(found))))
        if len(found) >= count:
            break
    return found


def _ordered(query: Select[*tuple[Any, ...]], asked: _Asked) -> Select[*tuple[Any, ...]]:
    kind, place = asked.kind, asked.place
    here = tuple_(kind.time, kind.mark)
    there = tuple_(literal(place[0]), literal(place[1])) if place else None
    if asked.request.sort == "newest":
        query = query.order_by(kind.time.desc(), kind.mark.desc())
        return query if there is None else query.where(here <= there)
    query = query.order_by(kind.time, kind.mark)
    return query if there is None else query.where(here >= there)


def _windows(asked: _Asked) -> Iterator[tuple[int, int]]:
    """The range in the order of the list; for the newest, cut so that recent ones are found without the rest."""
    request, place = asked.request, asked.place
    start, end = request.start, request.end
    if request.sort == "oldest" or request.trace_id is not None or required(request.where, _TRACE) is not None:
        yield start, end
        return
    newest = min(end, place[0] + 1 if place else end)
    yield from newest_windows(asked.engine, asked.kind.signal, request.project, start, newest)
