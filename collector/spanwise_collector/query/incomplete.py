"""Which of the traces of the last minutes miss spans, and in which clocks disagree: of a sample, by pairs of spans."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, func, select

from spanwise_collector.query.calls import KEPT_ONE_IN, MARGIN
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, span_id_literal, span_sample, span_stats, spans
from spanwise_collector.trace.clocks import NOISE

MOST_SPANS: Final = 50_000
"""So many spans are looked at, of whole traces: pairing them takes some 30 ms."""
STILL_COMING: Final = MINUTE
"""Spans that are younger may have a parent that has not ended."""
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
    """A span names a parent that is not there."""
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
    sampled = (columns.project == project, func.cityHash64(columns.trace_id) % one_in == 0)
    child = (
        select(columns.trace_id, columns.parent_span_id, columns.service, began.label("began"))
        .where(*sampled, began >= start, began < end)
        .subquery("child")
    )
    # A parent may have begun before the window, and be dated after its children where clocks disagree.
    parent = (
        select(columns.trace_id, columns.span_id, columns.service, began.label("began"))
        .where(*sampled, began >= max(0, start - MARGIN), began < now + MARGIN)
        .subquery("parent")
    )
    there = parent.c.span_id != _NO_ID
    missing = and_(child.c.parent_span_id != _NO_ID, ~there)
    skewed = and_(there, child.c.service != parent.c.service, child.c.began + NOISE < parent.c.began)
    joined = child.outerjoin(
        parent, and_(child.c.trace_id == parent.c.trace_id, child.c.parent_span_id == parent.c.span_id)
    )
    by_trace = (
        select(
            child.c.trace_id.label("trace_id"),
            func.max(child.c.began).label("newest"),
            func.max(missing).label("missing"),
            func.max(skewed).label("skewed"),
        )
        .select_from(joined)
        .group_by(child.c.trace_id)
        .subquery("by_trace")
    )
    found = engine.read(
        select(func.count().label("traces"), *_of(by_trace, "missing"), *_of(by_trace, "skewed")).select_from(by_trace)
    )[0]
    return Incomplete(
        start,
        end,
        one_in,
        found.traces,
        Faulty(found.missing_traces, [trace_id.lower() for _, trace_id in found.missing_examples]),
        Faulty(found.skewed_traces, [trace_id.lower() for _, trace_id in found.skewed_examples]),
    )


def _of(by_trace: Subquery, fault: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """How many traces have it, and the newest of them."""
    columns = by_trace.c
    has = columns[fault] == 1
    newest = func.arrayReverseSort(func.groupArrayIf(func.tuple(columns.newest, func.hex(columns.trace_id)), has))
    return func.countIf(has).label(f"{fault}_traces"), func.arraySlice(newest, 1, _EXAMPLES).label(f"{fault}_examples")
