"""One trace, whole: its spans in display order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from spanwise_collector.errors import NotFound
from spanwise_collector.query.bounds import BEGAN, ENDED
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import SPAN_COLUMNS, RowReader
from spanwise_collector.store.tables import logs, spans, trace_id_literal, traces
from spanwise_collector.trace.pieces import join_pieces
from spanwise_collector.trace.tree import Node, build

_HALF = 16
_NO_HALF = "0" * _HALF


@dataclass(frozen=True, slots=True)
class Trace:
    """The nodes of a trace in display order, and when it began and ended, in ns.

    `span_count` is that of the store, pieces of one span counted as one as far as they were read: it exceeds that of
    the nodes where there are more than the limit. Spans that are dated by a broken clock may lie outside the bounds.
    """

    trace_id: str
    nodes: list[Node]
    start: int
    end: int
    span_count: int
    log_count: int


def load(engine: Engine, project: str, trace_id: str, limit: int) -> Trace:
    """The trace with that id (32 hex digits, lower case), at most `limit` spans of it, the earliest.

    An id whose upper half is zero is that of a sender of 64-bit ids: its spans and those of the id that it is cut from
    are one trace, whichever of the two is asked for. Raises NotFound. The time range of a search plays no part.
    """
    ids = _ids(engine, project, trace_id)
    mine = [traces.c.project == project, _is_one_of(traces.c.trace_id, ids)]
    bounds = engine.read(
        select(
            func.min(traces.c.start_time_unix_nano).label("first"),
            func.max(traces.c.last_start_time_unix_nano).label("last"),
            BEGAN.label("began"),
            ENDED.label("ended"),
            func.arraySum(func.mapValues(func.sumMap(traces.c.spans))).label("spans"),
            func.count().label("rows"),
        ).where(*mine)
    )[0]
    if not bounds.rows:
        raise NotFound(
            f"No trace has the id {trace_id}."
            " It may not have arrived yet, may not have been sampled, or its retention is over."
        )
    whole = select(*SPAN_COLUMNS).where(spans.c.project == project, _is_one_of(spans.c.trace_id, ids))
    whole = whole.order_by(spans.c.start_time_unix_nano, spans.c.span_id).limit(limit + 1)
    # Late pieces may have come without a start.
    within = or_(spans.c.start_time_unix_nano.between(bounds.first, bounds.last), spans.c.start_time_unix_nano == 0)
    rows = engine.read(whole.where(within))
    if bounds.spans < len(rows) <= limit:
        # An insert shows in `spans` up to half a second before it shows in `traces`: of one whose first spans lie
        # within the bounds that `traces` still has, others may lie outside, and a part must not pass for the whole.
        rows = engine.read(whole)
    reader = RowReader()
    joined = join_pieces([reader.span(row) for row in rows[:limit]])
    more = max(int(bounds.spans), len(rows)) - limit if len(rows) > limit else 0
    return Trace(
        ids[0], build(joined), bounds.began, bounds.ended, len(joined) + more, _log_count(engine, project, ids)
    )


def _ids(engine: Engine, project: str, trace_id: str) -> Sequence[str]:
    """The ids of the trace's spans, the longest first."""
    if not trace_id.startswith(_NO_HALF):
        return trace_id, _NO_HALF + trace_id[_HALF:]
    query = select(func.lower(func.hex(traces.c.trace_id)).label("id")).where(
        traces.c.project == project,
        func.substring(traces.c.trace_id, 9) == func.unhex(trace_id[_HALF:]),
        traces.c.trace_id != trace_id_literal(trace_id),
    )
    return *sorted({row.id for row in engine.read(query.distinct())}), trace_id


def _is_one_of(column: ColumnElement[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    return column.in_([trace_id_literal(each) for each in ids])


def _log_count(engine: Engine, project: str, ids: Sequence[str]) -> int:
    query = select(func.count().label("records"))
    rows = engine.read(query.where(logs.c.project == project, _is_one_of(logs.c.trace_id, ids)))
    return int(rows[0].records)
