"""Lists of spans and of log records: those for which a condition of the search language holds, in order of time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, tuple_

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.inferred import alone
from spanwise_collector.query.language.tree import EVERYTHING, Equals, Key, Node, Signal, Term, required
from spanwise_collector.query.page import Page, decode_cursor, encode_cursor
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
class _Kind(Generic[T]):
    """Spans or log records. `mark` tells rows of one nanosecond apart, so that a cursor has a place to stand.

    Rows that are equal in the mark look the same, and the cursor counts them.
    """

    signal: Signal
    columns: list[ColumnElement[Any]]
    project: ColumnElement[str]
    time: ColumnElement[int]
    mark: ColumnElement[int]
    read: Callable[[RowReader], Callable[[Row[Any]], T]]


_LOGS: Final = _Kind[LogRecord](
    "logs",
    LOG_COLUMNS,
    logs.c.project,
    logs.c.time_unix_nano,
    func.cityHash64(*(column for column in logs.c if column.name not in ("project", "time_unix_nano"))),
    lambda reader: reader.log_record,
)
_SPANS: Final = _Kind[Span](
    "spans",
    SPAN_COLUMNS,
    spans.c.project,
    spans.c.start_time_unix_nano,
    func.cityHash64(*(column for column in spans.c if column.name not in ("project", "start_time_unix_nano"))),
    lambda reader: reader.span,
)


def search_logs(engine: Engine, request: RecordSearch) -> Page[LogRecord]:
    """One page of the log records asked for, in a total order of time."""
    apart = alone(engine, request.project, request.trace_id) if request.trace_id is not None else None
    page = _search(engine, request, _LOGS, None if apart is None else apart.condition())
    return page if apart is None else replace(page, items=[apart.joined(each) for each in page.items])


def search_spans(engine: Engine, request: RecordSearch) -> Page[Span]:
    """One page of the spans asked for, in a total order of their start."""
    return _search(engine, request, _SPANS)


def _search(engine: Engine, request: RecordSearch, kind: _Kind[T], also: ColumnElement[bool] | None = None) -> Page[T]:
    place = decode_cursor(request.cursor, request.sort, int, int, int) if request.cursor is not None else None
    rows = _rows(engine, request, kind, place, also)
    read = kind.read(RowReader())
    page = [read(row) for row in rows[: request.limit]]
    if len(rows) <= request.limit:
        return Page(page, len(page), "gte" if place else "eq", "end")
    return Page(page, len(rows), "gte", "limit", _next_cursor(request.sort, rows[: request.limit], place))


def _next_cursor(sort: str, rows: list[Row[Any]], place: list[Any] | None) -> str:
    time, mark = rows[-1].at, rows[-1].mark
    same = sum(1 for row in rows if (row.at, row.mark) == (time, mark))
    if place is not None and (place[0], place[1]) == (time, mark):
        same += place[2]
    return encode_cursor(sort, time, mark, same)


def _rows(
    engine: Engine,
    request: RecordSearch,
    kind: _Kind[T],
    place: list[Any] | None,
    also: ColumnElement[bool] | None,
) -> list[Row[Any]]:
    holds = condition(widened(engine, request.project, request.where), kind.signal)
    wanted = [kind.project == request.project, holds]
    if request.trace_id is not None:
        own = condition(Term(_TRACE, Equals(request.trace_id)), kind.signal)
        wanted.append(own if also is None else or_(own, also))
    missing = request.limit + 1
    skip = min(place[2], _MOST_EQUAL) if place else 0
    here = [place[0]] if place and request.start <= place[0] < request.end else []
    found: list[Row[Any]] = []
    for _ in range(_TRIES):
        times = _times(engine, request, kind, place, wanted, missing)
        if not times and not here:
            return []
        # Most columns are read for few rows: what holds is asked again, but only at the times where it did.
        ends = (*times[:1], *times[-1:], *here)
        at = [kind.time.between(min(ends), max(ends)), kind.time.in_(sorted({*times, *here}))]
        query = select(*kind.columns, kind.time.label("at"), kind.mark.label("mark")).where(*wanted, *at)
        found = list(engine.read(_ordered(query, request.sort, kind, place).limit(missing).offset(skip)))
        if len(found) >= min(missing, len(times)):
            break
    return found


def _times(
    engine: Engine,
    request: RecordSearch,
    kind: _Kind[T],
    place: list[Any] | None,
    wanted: list[ColumnElement[bool]],
    count: int,
) -> list[int]:
    """The first `count` times of the rows wanted that lie behind the cursor's time, in the order of the list."""
    newest = request.sort == "newest"
    beyond = [] if place is None else [kind.time < place[0] if newest else kind.time > place[0]]
    found: list[int] = []
    for start, end in _windows(engine, request, kind, place):
        query = select(kind.time.label("at")).where(*wanted, *beyond, start <= kind.time, end > kind.time)
        query = query.order_by(kind.time.desc() if newest else kind.time)
        found += (row.at for row in engine.read(query.limit(count - len(found))))
        if len(found) >= count:
            break
    return found


def _ordered(
    query: Select[*tuple[Any, ...]], sort: str, kind: _Kind[T], place: list[Any] | None
) -> Select[*tuple[Any, ...]]:
    here = tuple_(kind.time, kind.mark)
    there = tuple_(literal(place[0]), literal(place[1])) if place else None
    if sort == "newest":
        query = query.order_by(kind.time.desc(), kind.mark.desc())
        return query if there is None else query.where(here <= there)
    query = query.order_by(kind.time, kind.mark)
    return query if there is None else query.where(here >= there)


def _windows(
    engine: Engine, request: RecordSearch, kind: _Kind[T], place: list[Any] | None
) -> Iterator[tuple[int, int]]:
    """The range in the order of the list; for the newest, cut so that recent ones are found without the rest."""
    start, end = request.start, request.end
    if request.sort == "oldest" or request.trace_id is not None or required(request.where, _TRACE) is not None:
        yield start, end
        return
    yield from newest_windows(engine, kind.signal, request.project, start, min(end, place[0] + 1 if place else end))
