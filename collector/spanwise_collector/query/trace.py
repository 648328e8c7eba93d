"""One trace, whole: its spans in display order."""

from dataclasses import dataclass

from sqlalchemy import func, select

from spanwise_collector.query.together import both
from spanwise_collector.query.trace_place import Place, find
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import SPAN_COLUMNS, RowReader
from spanwise_collector.trace.pieces import join_pieces
from spanwise_collector.trace.tree import Node, build


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

    Raises NotFound. The time range of a search plays no part.
    """
    place = find(engine, project, trace_id)
    rows, records = both(lambda: place.read(engine.read, SPAN_COLUMNS, limit), lambda: _log_count(engine, place))
    reader = RowReader()
    joined = join_pieces([reader.span(row) for row in rows[:limit]])
    more = place.beyond(len(rows), limit)
    return Trace(place.ids[0], build(joined), place.began, place.ended, len(joined) + more, records)


def _log_count(engine: Engine, place: Place) -> int:
    """How many log records carry the trace's id."""
    rows = engine.read(select(func.count().label("records")).where(*place.logs()))
    return int(rows[0].records)
