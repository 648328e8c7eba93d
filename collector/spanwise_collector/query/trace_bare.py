"""The spans of one trace as the rules of the diagnosis look at them."""

from sqlalchemy import func, select

from spanwise_collector.model.span import Span
from spanwise_collector.query.trace_place import Place
from spanwise_collector.store import Engine
from spanwise_collector.store.bare_spans import BARE_COLUMNS, BARE_COLUMNS_WITH_EVENTS, BareReader
from spanwise_collector.store.tables import spans
from spanwise_collector.trace.pieces import join_pieces
from spanwise_collector.trace.tree import Node, build


def bare_nodes(engine: Engine, place: Place, limit: int) -> list[Node]:
    """The nodes of a trace in display order: of at most `limit` spans, the earliest, which are as BareReader's."""
    rows = place.read(engine.read, BARE_COLUMNS, limit)[:limit]
    reader = BareReader(place.ids[0])
    found = [reader.span(row) for row in rows if not row.event_count]
    if len(found) < len(rows):
        dated = [row.start_time_unix_nano for row in rows if row.start_time_unix_nano]
        found += _with_events(
            engine, place.reaching(min(dated), max(dated)) if dated else place, len(rows) - len(found)
        )
    return build(join_pieces(found))


def _with_events(engine: Engine, place: Place, count: int) -> list[Span]:
    """The earliest spans that have events, which most have not: their columns cost as much as all the others."""
    reader = BareReader(place.ids[0])
    query = (
        select(*BARE_COLUMNS_WITH_EVENTS)
        .where(*place.within(), func.notEmpty(spans.c.event_times))
        .order_by(spans.c.start_time_unix_nano, spans.c.span_id)
        .limit(count)
    )
    return [reader.span(row) for row in engine.read(query)]
