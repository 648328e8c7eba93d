"""One trace, whole: its spans in display order."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select

from spanwise_collector.errors import NotFound
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import SPAN_COLUMNS, RowReader
from spanwise_collector.store.tables import logs, spans, trace_id_literal, traces
from spanwise_collector.trace.tree import Node, build


@dataclass(frozen=True, slots=True)
class Trace:
    """The nodes of a trace in display order; `span_count` is that of the store, which may exceed theirs."""

    trace_id: str
    nodes: list[Node]
    span_count: int
    log_count: int


def load(engine: Engine, project: str, trace_id: str, limit: int) -> Trace:
    """The trace with that id (32 hex digits, lower case), at most `limit` spans of it, the earliest.

    Raises NotFound. The time range of a search plays no part.
    """
    wanted = trace_id_literal(trace_id)
    bounds = engine.read(
        select(
            func.min(traces.c.start_time_unix_nano).label("first"),
            func.max(traces.c.last_start_time_unix_nano).label("last"),
            func.count().label("rows"),
        ).where(traces.c.project == project, traces.c.trace_id == wanted)
    )[0]
    if not bounds.rows:
        raise NotFound(
            f"No trace has the id {trace_id}."
            " It may not have arrived yet, may not have been sampled, or its retention is over."
        )
    query = select(*SPAN_COLUMNS).where(
        spans.c.project == project,
        # Late pieces may have come without a start.
        or_(spans.c.start_time_unix_nano.between(bounds.first, bounds.last), spans.c.start_time_unix_nano == 0),
        spans.c.trace_id == wanted,
    )
    reader = RowReader()
    rows = engine.read(query.order_by(spans.c.start_time_unix_nano, spans.c.span_id).limit(limit + 1))
    nodes = build([reader.span(row) for row in rows[:limit]])
    return Trace(
        trace_id,
        nodes,
        _count(engine, project, trace_id, len(rows), limit),
        _log_count(engine, project, trace_id),
    )


def _count(engine: Engine, project: str, trace_id: str, seen: int, limit: int) -> int:
    if seen <= limit:
        return seen
    total = func.arraySum(func.mapValues(func.sumMap(traces.c.spans)))
    query = select(total.label("spans")).where(
        traces.c.project == project, traces.c.trace_id == trace_id_literal(trace_id)
    )
    return int(engine.read(query)[0].spans)


def _log_count(engine: Engine, project: str, trace_id: str) -> int:
    query = select(func.count().label("records"))
    rows = engine.read(query.where(logs.c.project == project, logs.c.trace_id == trace_id_literal(trace_id)))
    return int(rows[0].records)
