"""Log records: of a trace, of a span, or by text, severity and service."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_

from spanwise_collector.model.log import LogRecord
from spanwise_collector.query.page import Page, decode_cursor, encode_cursor
from spanwise_collector.query.windows import newest_first
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import LOG_COLUMNS, RowReader
from spanwise_collector.store.tables import logs, span_id_literal, trace_id_literal

_columns: Final = logs.c
_TIME: Final = _columns.time_unix_nano
# Tells records of one nanosecond apart, so that a cursor has a place to stand. Those that are equal in everything look
# the same, and the cursor counts them.
_MARK: Final = func.cityHash64(*(column for column in _columns if column.name not in ("project", "time_unix_nano")))
# A cursor that nobody here has made could claim to stand behind any number of equal records.
_MOST_EQUAL: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LogSearch:
    """Records from `start` (inclusive) to `end` (exclusive) for which all that is given holds."""

    project: str
    start: int
    end: int
    trace_id: str | None = None
    span_id: str | None = None
    service: str | None = None
    min_severity: int | None = None
    text: str | None = None
    sort: Literal["newest", "oldest"] = "newest"
    limit: int = 100
    cursor: str | None = None


def search(engine: Engine, request: LogSearch) -> Page[LogRecord]:
    """One page of the records asked for, in a total order of time."""
    place = decode_cursor(request.cursor, request.sort, int, int, int) if request.cursor is not None else None
    rows = _rows(engine, request, place)
    reader = RowReader()
    page = [reader.log_record(row) for row in rows[: request.limit]]
    if len(rows) <= request.limit:
        return Page(page, len(page), "gte" if place else "eq", "end")
    return Page(page, len(rows), "gte", "limit", _next_cursor(request.sort, rows[: request.limit], place))


def _next_cursor(sort: str, rows: list[Row[Any]], place: list[Any] | None) -> str:
    time, mark = rows[-1].time_unix_nano, rows[-1].mark
    same = sum(1 for row in rows if (row.time_unix_nano, row.mark) == (time, mark))
    if place is not None and (place[0], place[1]) == (time, mark):
        same += place[2]
    return encode_cursor(sort, time, mark, same)


def _rows(engine: Engine, request: LogSearch, place: list[Any] | None) -> list[Row[Any]]:
    conditions = _conditions(request)
    found: list[Row[Any]] = []
    missing = request.limit + 1
    skip = min(place[2], _MOST_EQUAL) if place else 0
    for start, end in _windows(engine, request, conditions, place):
        query = select(*LOG_COLUMNS, _MARK.label("mark")).where(*conditions, start <= _TIME, end > _TIME)
        query = _ordered(query, request.sort, place)
        # All records that are equal to the cursor's lie in the first window, its end or start being their time.
        found += engine.read(query.limit(missing - len(found)).offset(skip))
        skip = 0
        if len(found) >= missing:
            break
    return found


def _ordered(query: Select[*tuple[Any, ...]], sort: str, place: list[Any] | None) -> Select[*tuple[Any, ...]]:
    here = tuple_(_TIME, _MARK)
    there = tuple_(literal(place[0]), literal(place[1])) if place else None
    if sort == "newest":
        query = query.order_by(_TIME.desc(), _MARK.desc())
        return query if there is None else query.where(here <= there)
    query = query.order_by(_TIME, _MARK)
    return query if there is None else query.where(here >= there)


def _conditions(request: LogSearch) -> list[ColumnElement[bool]]:
    terms: list[ColumnElement[bool]] = [_columns.project == request.project]
    if request.trace_id is not None:
        terms.append(_columns.trace_id == trace_id_literal(request.trace_id))
    if request.span_id is not None:
        terms.append(_columns.span_id == span_id_literal(request.span_id))
    if request.service is not None:
        terms.append(_columns.service == request.service)
    if request.min_severity is not None:
        terms.append(_columns.severity_number >= request.min_severity)
    if request.text is not None:
        terms.append(func.positionCaseInsensitiveUTF8(_columns.body, request.text) > 0)
    return terms


def _windows(
    engine: Engine, request: LogSearch, conditions: list[ColumnElement[bool]], place: list[Any] | None
) -> Iterator[tuple[int, int]]:
    """The range in the order of the list; for the newest, cut so that recent ones are found without the rest."""
    start, end = request.start, request.end
    if request.sort == "oldest" or request.trace_id is not None:
        yield start, end
        return
    bounds = engine.read(
        select(func.min(_TIME).label("oldest"), func.max(_TIME).label("newest"), func.count().label("rows")).where(
            conditions[0], start <= _TIME, end > _TIME
        )
    )[0]
    if not bounds.rows:
        return
    start, end = max(start, bounds.oldest), min(end, bounds.newest + 1, place[0] + 1 if place else end)
    yield from newest_first(start, end)
