"""The list of traces: newest or slowest first, filtered by what one of their spans is like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, true, tuple_

from spanwise_collector.model.summary import TraceSummary
from spanwise_collector.query.page import Page, decode_cursor, encode_cursor
from spanwise_collector.query.search import EVERY_SPAN, SpanFilter, conditions
from spanwise_collector.query.windows import newest_first
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, spans, trace_id_literal, traces

_columns: Final = traces.c
_ID: Final = func.hex(_columns.trace_id)
_START: Final = func.min(_columns.start_time_unix_nano)
_END: Final = func.max(_columns.end_time_unix_nano)


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """Traces that start from `start` (inclusive) to `end` (exclusive) and have a span that passes the filter."""

    project: str
    start: int
    end: int
    wanted: SpanFilter = EVERY_SPAN
    sort: Literal["newest", "slowest"] = "newest"
    limit: int = 20
    cursor: str | None = None


def search(engine: Engine, request: TraceSearch) -> Page[TraceSummary]:
    """One page of the traces asked for, in a total order: by start or duration, then by id.

    `newest` looks at the newest minutes first and stops when the page is full; `slowest` must look at the whole range.
    """
    after = decode_cursor(request.cursor, request.sort, int, str) if request.cursor is not None else None
    find = _newest if request.sort == "newest" else _slowest
    found = find(engine, request, after)
    page = found[: request.limit]
    if len(found) <= request.limit:
        return Page(page, len(page), "gte" if after else "eq", "end")
    cursor = encode_cursor(request.sort, _key(request, page[-1]), page[-1].trace_id)
    return Page(page, len(found), "gte", "limit", cursor)


def _key(request: TraceSearch, summary: TraceSummary) -> int:
    return summary.start if request.sort == "newest" else summary.end - summary.start


def _newest(engine: Engine, request: TraceSearch, after: Sequence[Any] | None) -> list[TraceSummary]:
    bounds = _bounds(engine, request)
    found: list[TraceSummary] = []
    if bounds is None:
        return found
    end = min(request.end, bounds[1] + 1, after[0] + 1 if after else request.end)
    for window in newest_first(max(request.start, bounds[0]), end):
        query = _candidates(request, *window)
        found += _first(engine, request, query, _START, after, request.limit + 1 - len(found), window[0])
        if len(found) > request.limit:
            break
    return found


def _slowest(engine: Engine, request: TraceSearch, after: Sequence[Any] | None) -> list[TraceSummary]:
    # By all rows of a trace, as its duration is shown: spans after the range may have made it longer.
    whole = select(_columns.trace_id).where(*_of_window(request.project, request.start, request.end))
    query = _passing(whole.group_by(_columns.trace_id), request, request.start, request.end)
    return _first(engine, request, query, _END - _START, after, request.limit + 1, request.start)


def _first(  # noqa: PLR0913, PLR0917 - the parts of one query
    engine: Engine,
    request: TraceSearch,
    candidates: Select[*tuple[Any, ...]],
    order: ColumnElement[Any],
    after: Sequence[Any] | None,
    count: int,
    earliest: int,
) -> list[TraceSummary]:
    """The first `count` candidates by `order` that began at `earliest` or later."""
    found: list[TraceSummary] = []
    while len(found) < count:
        query = candidates.add_columns(order.label("order")).having(_after(order, after))
        rows = engine.read(query.order_by(order.desc(), _ID.desc()).limit(count))
        whole = _complete(engine, request.project, [row.trace_id for row in rows])
        found += [each for each in whole if each.start >= earliest]
        if len(rows) < count:
            break
        after = (rows[-1].order, rows[-1].trace_id.hex())
    return found


def _bounds(engine: Engine, request: TraceSearch) -> tuple[int, int] | None:
    """The starts of the oldest and newest row of the range, so that empty hours are not walked through."""
    query = select(
        _START.label("oldest"),
        func.max(_columns.start_time_unix_nano).label("newest"),
        func.count().label("n"),
    )
    row = engine.read(query.where(*_in_range(request.project, request.start, request.end)))[0]
    return (row.oldest, row.newest) if row.n else None


def _in_range(project: str, start: int, end: int) -> list[ColumnElement[bool]]:
    return [
        _columns.project == project,
        _columns.minute >= start // MINUTE,
        _columns.minute <= end // MINUTE,
        _columns.start_time_unix_nano >= start,
        _columns.start_time_unix_nano < end,
    ]


def _candidates(request: TraceSearch, start: int, end: int) -> Select[*tuple[Any, ...]]:
    """Ids of traces with a row in the window whose spans pass the filter.

    A trace that began before the window may be among them, since its later spans may have made a row of their own:
    `_first` sorts those out.
    """
    query = select(_columns.trace_id).where(*_in_range(request.project, start, end)).group_by(_columns.trace_id)
    return _passing(query, request, start, end)


def _of_window(project: str, start: int, end: int) -> list[ColumnElement[bool]]:
    """All rows from `start` on of traces that have a row in the window."""
    return [
        _columns.project == project,
        _columns.minute >= start // MINUTE,
        _columns.start_time_unix_nano >= start,
        _columns.trace_id.in_(select(_columns.trace_id).where(*_in_range(project, start, end))),
    ]


def _passing(query: Select[*tuple[Any, ...]], request: TraceSearch, start: int, end: int) -> Select[*tuple[Any, ...]]:
    """The query, less traces none of whose spans passes the filter."""
    if request.wanted.empty:
        return query
    # Of all rows of these traces: the span that passes may have come late, in a row after the window.
    last = select(func.max(_columns.last_start_time_unix_nano)).where(*_of_window(request.project, start, end))
    passing = select(spans.c.trace_id).where(
        spans.c.project == request.project,
        spans.c.start_time_unix_nano >= start,
        spans.c.start_time_unix_nano <= last.scalar_subquery(),
        conditions(request.wanted),
    )
    return query.where(_columns.trace_id.in_(passing))


def _after(order: ColumnElement[Any], after: Sequence[Any] | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    return tuple_(order, _ID) < tuple_(literal(after[0]), literal(after[1].upper()))


def _complete(engine: Engine, project: str, ids: Sequence[bytes]) -> list[TraceSummary]:
    """Summaries from all rows of the traces, in the order of `ids`."""
    if not ids:
        return []
    query = (
        select(
            _columns.trace_id,
            _START.label("start"),
            _END.label("end"),
            func.min(_columns.root).label("root"),
            func.sumMap(_columns.spans).label("spans"),
            func.sumMap(_columns.errors).label("errors"),
        )
        .where(_columns.project == project, _columns.trace_id.in_([trace_id_literal(each.hex()) for each in ids]))
        .group_by(_columns.trace_id)
    )
    by_id = {row.trace_id: _summary(row) for row in engine.read(query)}
    return [by_id[each] for each in ids]


def _summary(row: Row[Any]) -> TraceSummary:
    start, service, name = row.root
    has_root = start < (1 << 64) - 1
    return TraceSummary(
        trace_id=row.trace_id.hex(),
        start=row.start,
        end=row.end,
        root_service=service if has_root else None,
        root_name=name if has_root else None,
        spans=row.spans,
        errors=row.errors,
    )
