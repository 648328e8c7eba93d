"""The list of traces: newest or slowest first, those for which a condition of the search language holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, true, tuple_

from spanwise_collector.model.summary import TraceSummary
from spanwise_collector.query.bounds import BEGAN, ENDED
from spanwise_collector.query.language.parse import DEFAULT_LIMITS
from spanwise_collector.query.language.tree import EVERYTHING, Node
from spanwise_collector.query.page import Page, Portions, decode_cursor, encode_cursor, gathered
from spanwise_collector.query.structure import matching
from spanwise_collector.query.trace_conditions import Window, candidates, is_structural, of_traces
from spanwise_collector.query.windows import newest_windows
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, traces

_columns: Final = traces.c
_ID: Final = func.hex(_columns.trace_id)
# Traces whose spans are fetched at a time to see who is below whom.
_LOOKED_AT: Final = 200
_MORE: Final = 4
# How many of the slowest traces are asked whether a condition holds, before every span is.
_TRIED: Final = 100


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """Traces that start from `start` (inclusive) to `end` (exclusive) and are as `where` says.

    `structure_spans`: how many spans may be looked at at a time to see who is below whom.
    """

    project: str
    start: int
    end: int
    where: Node = EVERYTHING
    sort: Literal["newest", "slowest"] = "newest"
    limit: int = 20
    cursor: str | None = None
    structure_spans: int = DEFAULT_LIMITS.structure_spans


def search(engine: Engine, request: TraceSearch) -> Page[TraceSummary]:
    """One page of the traces asked for, as `found` finds it."""
    return gathered(found(engine, request))


def found(engine: Engine, request: TraceSearch) -> Portions[TraceSummary]:
    """The traces asked for, in a total order: by start or duration, then by id.

    `newest` looks at the newest spans first and stops when the page is full; `slowest` must look at the whole range.
    """
    after = decode_cursor(request.cursor, request.sort, int, str) if request.cursor is not None else None
    find = _newest if request.sort == "newest" else _slowest
    page: list[TraceSummary] = []
    for part in find(engine, request, after):
        fresh = part[: request.limit - len(page)]
        page += fresh
        yield fresh
        if len(fresh) < len(part):
            cursor = encode_cursor(request.sort, _key(request, page[-1]), page[-1].trace_id)
            return Page(page, len(page) + 1, "gte", "limit", cursor)
    return Page(page, len(page), "gte" if after else "eq", "end")


def _key(request: TraceSearch, summary: TraceSummary) -> int:
    return summary.start if request.sort == "newest" else summary.end - summary.start


def _newest(engine: Engine, request: TraceSearch, after: Sequence[Any] | None) -> Iterator[list[TraceSummary]]:
    """One more than the page has, where there are so many, window by window."""
    missing = request.limit + 1
    end = min(request.end, after[0] + 1 if after else request.end)
    for start, stop in newest_windows(engine, "spans", request.project, request.start, end):
        window = _window(engine, request, start, stop)
        # A trace that began before or after the window may have a row in it, for spans that came later or are dated
        # wrongly: `_first` sorts it out.
        query = select(_columns.trace_id).where(*window.rows(), candidates(request.where, window))
        order = _Ordered(query.group_by(_columns.trace_id), BEGAN, window, after)
        part = _first(engine, request, order, missing)
        missing -= len(part)
        yield part
        if not missing:
            return


def _slowest(engine: Engine, request: TraceSearch, after: Sequence[Any] | None) -> Iterator[list[TraceSummary]]:
    # By all rows of a trace, as its duration is shown: spans after the range may have made it longer.
    window = _window(engine, request, request.start, request.end)
    every = select(
        _columns.trace_id,
        func.min(_columns.minute).label("first"),
        func.intDiv(func.max(_columns.last_start_time_unix_nano), MINUTE).label("last"),
    )
    every = every.where(*window.all_rows()).group_by(_columns.trace_id)
    rest = _Ordered(every, ENDED - BEGAN, window, after)
    missing = request.limit + 1
    # A condition that is often true holds for enough of the slowest traces of all: those are asked before all are.
    if request.where != EVERYTHING:
        rows, behind = rest.next(engine, max(_TRIED, request.limit + 1))
        found = _those_in(engine, request, window, _holding(engine, request.where, window, rows))[:missing]
        yield found
        missing -= len(found)
        if behind is None or not missing:
            return
        rest = replace(behind, query=every.where(candidates(request.where, window)))
    yield _first(engine, request, rest, missing)


def _holding(engine: Engine, where: Node, window: Window, rows: Sequence[Row[Any]]) -> list[bytes]:
    """Those of the traces that are candidates, in their order."""
    if not rows:
        return []
    few = replace(window, few=[(row.trace_id, range(row.first, row.last + 1)) for row in rows])
    query = select(_columns.trace_id).where(*few.all_rows(), candidates(where, few)).distinct()
    holds = {row.trace_id for row in engine.read(query)}
    return [row.trace_id for row in rows if row.trace_id in holds]


def _window(engine: Engine, request: TraceSearch, start: int, end: int) -> Window:
    window = Window(request.project, start, end)
    return window if request.where == EVERYTHING else window.measured(engine)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Candidates of a window by `order`, from the place `after` on."""

    query: Select[*tuple[Any, ...]]
    order: ColumnElement[Any]
    window: Window
    after: Sequence[Any] | None

    def next(self, engine: Engine, count: int) -> "tuple[Sequence[Row[Any]], _Ordered | None]":
        """The first `count`, and those behind them; None where there are none."""
        query = self.query.add_columns(self.order.label("order")).having(_after(self.order, self.after))
        rows = engine.read(query.order_by(self.order.desc(), _ID.desc()).limit(count))
        if len(rows) < count:
            return rows, None
        return rows, replace(self, after=(rows[-1].order, rows[-1].trace_id.hex()))


def _first(engine: Engine, request: TraceSearch, wanted: _Ordered, count: int) -> list[TraceSummary]:
    """The first `count` that are as asked for and began in the window."""
    found: list[TraceSummary] = []
    rest: _Ordered | None = wanted
    batch = max(count, _LOOKED_AT) if is_structural(request.where) else count
    while rest is not None and len(found) < count:
        rows, rest = rest.next(engine, batch)
        found += _those_in(engine, request, wanted.window, [row.trace_id for row in rows])
        # Few of these began in the window: ask for more at once than the page lacks.
        batch *= _MORE
    return found[:count]


def _those_in(engine: Engine, request: TraceSearch, window: Window, ids: Sequence[bytes]) -> list[TraceSummary]:
    """Those of the candidates that are as asked for and began in the window."""
    if is_structural(request.where):
        holds = matching(engine, window, request.where, ids, request.structure_spans)
        ids = [each for each in ids if each in holds]
    whole = _complete(engine, request.project, ids)
    return [each for each in whole if window.start <= each.start < window.end]


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
            BEGAN.label("start"),
            ENDED.label("end"),
            func.min(_columns.root).label("root"),
            func.sumMap(_columns.spans).label("spans"),
            func.sumMap(_columns.errors).label("errors"),
        )
        .where(_columns.project == project, of_traces(_columns.trace_id, ids))
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
