"""Which of the traces of the last minutes miss spans, and in which clocks disagree: of a sample, by pairs of spans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from spanwise_collector.query.calls import KEPT_ONE_IN, MARGIN
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import (
    MINUTE,
    span_id_literal,
    span_sample,
    span_stats,
    spans,
    trace_id_literal,
    traces,
)
from spanwise_collector.trace.clocks import NOISE

MOST_SPANS: Final = 50_000
"""So many spans are looked at, of whole traces: pairing them takes some 30 ms."""
STILL_COMING: Final = MINUTE
"""Spans that are younger may have a parent that has not ended."""
MOST_LOOKED_UP: Final = 100
"""So many traces that seem to miss spans, the newest, are looked for among older spans: each costs a search."""
REACH: Final = 24 * 60 * MINUTE
"""Parents that began so long before the time range are found."""
_EXAMPLES: Final = 10
_NO_ID: Final = span_id_literal("")


@dataclass(frozen=True, slots=True)
class Faulty:
    """How many traces have a fault, and the ids of some of them, the newest first."""

    traces: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Of one trace in `one_in` with a span that began from `start` to `end` (ns): how many, and which have a fault."""

    start: int
    end: int
    one_in: int
    traces: int
    missing: Faulty
    """A span names a parent that is not there, and nothing of the trace ended for as long as it had taken."""
    skewed: Faulty
    """A span began before the one that called it, in another service."""


def incomplete(engine: Engine, project: str, now: int, minutes: int) -> Incomplete:
    """Look at the last minutes before `now` (ns), but for the spans whose parents may still come."""
    end = max(0, now - STILL_COMING)
    start = max(0, now - minutes * MINUTE)
    counted = engine.read(
        select(func.sum(span_stats.c.span_count).label("spans")).where(
            span_stats.c.project == project,
            span_stats.c.minute >= start // MINUTE,
            span_stats.c.minute <= now // MINUTE,
        )
    )[0].spans
    one_in = max(1, -(-int(counted) // MOST_SPANS))
    # Of very many, those that are kept for maps: to look for a sample among all costs more than to pair it.
    kept = one_in >= KEPT_ONE_IN
    one_in = -(-one_in // KEPT_ONE_IN) * KEPT_ONE_IN if kept else one_in
    columns = (span_sample if kept else spans).c
    began = columns.start_time_unix_nano
    sampled = (columns.project == project, func.cityHash64(columns.trace_id) % one_in == 0, began < now + MARGIN)
    # A parent may have begun before the window, and be dated after its children where clocks disagree.
    by_trace = _paired(columns, (*sampled, began >= start), (*sampled, began >= max(0, start - MARGIN)), now)
    seen = by_trace.c.first < end
    found = engine.read(
        select(func.count().label("traces"), *_of(by_trace, "missing", MOST_LOOKED_UP), *_of(by_trace, "skewed"))
        .select_from(by_trace)
        .where(seen)
    )[0]
    missing = [trace_id for _, trace_id in found.missing_examples]
    whole = _whole(engine, project, missing, start, now)
    return Incomplete(
        start,
        end,
        one_in,
        found.traces,
        Faulty(found.missing_traces - len(whole), [each for each in missing if each not in whole][:_EXAMPLES]),
        Faulty(found.skewed_traces, [trace_id for _, trace_id in found.skewed_examples]),
    )


def _paired(
    columns: ReadOnlyColumnCollection[str, Any],
    children: Iterable[ColumnElement[bool]],
    parents: Iterable[ColumnElement[bool]],
    now: int,
) -> Subquery:
    """The traces of the spans `children`, and what is wrong with each, by looking for their parents among `parents`."""
    began = columns.start_time_unix_nano
    ended = func.least(began + func.toUInt64(func.greatest(columns.duration, 0)), now + MARGIN)
    child = (
        select(columns.trace_id, columns.parent_span_id, columns.service, began.label("began"), ended.label("ended"))
        .where(*children)
        .subquery("child")
    )
    parent = (
        select(columns.trace_id, columns.span_id, columns.service, began.label("began"))
        .where(*parents)
        .subquery("parent")
    )
    there = parent.c.span_id != _NO_ID
    missing = and_(child.c.parent_span_id != _NO_ID, ~there)
    skewed = and_(there, child.c.service != parent.c.service, child.c.began + NOISE < parent.c.began)
    joined = child.outerjoin(
        parent, and_(child.c.trace_id == parent.c.trace_id, child.c.parent_span_id == parent.c.span_id)
    )
    first, last = func.min(child.c.began), func.max(child.c.ended)
    # A span is sent when it ends: that of a whole job after all others.
    rested = and_(last + STILL_COMING <= now, last + last - first <= now)
    return (
        select(
            child.c.trace_id.label("trace_id"),
            first.label("first"),
            func.max(child.c.began).label("newest"),
            and_(func.max(missing) == 1, rested).label("missing"),
            func.max(skewed).label("skewed"),
        )
        .select_from(joined)
        .group_by(child.c.trace_id)
        .subquery("by_trace")
    )


def _whole(engine: Engine, project: str, trace_ids: Sequence[str], start: int, now: int) -> set[str]:
    """Those of the traces that miss nothing: their parents began long before `start`."""
    if not trace_ids:
        return set()
    before, known = max(0, start - MARGIN), traces.c
    older = engine.read(
        select(
            _id(known.trace_id).label("id"),
            known.start_time_unix_nano.label("first"),
            known.last_start_time_unix_nano.label("last"),
        ).where(
            known.project == project,
            known.trace_id.in_([trace_id_literal(each) for each in trace_ids]),
            known.minute >= max(0, start - REACH) // MINUTE,
            known.minute <= before // MINUTE,
        )
    )
    if not older:
        return set()
    columns = spans.c
    began, ids = columns.start_time_unix_nano, {row.id for row in older}
    of_them = and_(columns.project == project, columns.trace_id.in_([trace_id_literal(each) for each in sorted(ids)]))
    places = (and_(columns.trace_id == trace_id_literal(row.id), began.between(row.first, row.last)) for row in older)
    by_trace = _paired(
        columns,
        (of_them, began >= start, began < now + MARGIN),
        (of_them, or_(and_(began >= before, began < now + MARGIN), *places)),
        now,
    )
    missing = select(_id(by_trace.c.trace_id).label("id")).where(by_trace.c.missing == 1)
    return ids - {row.id for row in engine.read(missing)}


def _of(by_trace: Subquery, fault: str, most: int = _EXAMPLES) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """How many traces have it, and the newest of them."""
    columns = by_trace.c
    has = columns[fault] == 1
    newest = func.arrayReverseSort(func.groupArrayIf(func.tuple(columns.newest, _id(columns.trace_id)), has))
    return func.countIf(has).label(f"{fault}_traces"), func.arraySlice(newest, 1, most).label(f"{fault}_examples")


def _id(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A trace id as it is written."""
    return func.lower(func.hex(column))
