"""Single spans of a trace, with what only the spans around them tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, or_, select

from spanwise_collector.model.resource import Scope
from spanwise_collector.model.span import Span
from spanwise_collector.query.trace_place import Place, find
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import SPAN_COLUMNS, RowReader
from spanwise_collector.store.tables import span_id_literal, spans
from spanwise_collector.trace.gaps import Gap, gaps_of, least_gap
from spanwise_collector.trace.lost_parents import SAMPLED, Reason, is_young, likely_reason
from spanwise_collector.trace.pieces import join_pieces
from spanwise_collector.trace.tree import Node, build

# An id may have any number of spans.
_MOST: Final = 1000
MOST_AROUND: Final = 20_000
"""Of more spans above and below those that are asked for nothing is told: to read these takes 100 ms."""

_NOBODY: Final = "0" * 16
_AROUND: Final[Sequence[ColumnElement[Any]]] = (
    func.lower(func.hex(spans.c.span_id)).label("id"),
    func.lower(func.hex(spans.c.parent_span_id)).label("parent"),
    spans.c.name,
    spans.c.kind,
    spans.c.start_time_unix_nano.label("start"),
    spans.c.duration.label("lasts"),
    spans.c.service,
    spans.c.instance,
    spans.c.scope_name.label("scope"),
)


@dataclass(frozen=True, slots=True)
class Detail:
    """A span; its gaps, None where it has too many neighbours; why its parent is missing, None where it is not."""

    span: Span
    gaps: list[Gap] | None
    lost: Reason | None


@dataclass(frozen=True, slots=True)
class Details:
    """Of a trace that began at `began` (ns since the epoch)."""

    began: int
    found: list[Detail]


def details(engine: Engine, project: str, trace_id: str, ids: Sequence[str], now: int) -> Details:
    """The spans of that trace that have these ids (16 hex digits each), by their start; raises NotFound.

    `now` in ns. What is told of each is what the whole trace would tell of it.
    """
    place = find(engine, project, trace_id)
    wanted = [span_id_literal(each) for each in ids]
    query = select(*SPAN_COLUMNS).where(*place.within(), spans.c.span_id.in_(wanted))
    reader = RowReader()
    found = join_pieces([reader.span(row) for row in engine.read(query.limit(_MOST))])
    around = _around(engine, place, found)
    nodes = {id(node.span): node for node in build([*found, *around[:MOST_AROUND]])}
    told = _tellers(engine, place, [node for span in found if (node := nodes[id(span)]).parent_missing])
    least = least_gap(place.ended - place.began)
    young = is_young(place.ended, now)
    known = len(around) <= MOST_AROUND
    shown = [
        Detail(
            span,
            list(gaps_of(nodes[id(span)], least)) if known else None,
            likely_reason(span, told, young=young) if nodes[id(span)].parent_missing else None,
        )
        for span in sorted(found, key=lambda span: (span.start, span.span_id))
    ]
    return Details(place.began, shown)


def _around(engine: Engine, place: Place, found: Sequence[Span]) -> list[Span]:
    """The parents and children of spans that are found, with what places them and no more."""
    own = {span.span_id for span in found}
    above = {span.parent_span_id for span in found} - {""}
    if not own:
        return []
    ids, parents = ([span_id_literal(each) for each in sorted(some)] for some in (own, above - own))
    near = or_(spans.c.parent_span_id.in_(ids), spans.c.span_id.in_(parents))
    query = select(*_AROUND).where(*place.within(), near, spans.c.span_id.not_in(ids)).limit(MOST_AROUND + 1)
    return join_pieces([_bare(place.ids[0], row) for row in engine.read(query)])


def _bare(trace_id: str, row: Row[Any]) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=row.id,
        parent_span_id="" if row.parent == _NOBODY else row.parent,
        name=row.name,
        kind=row.kind,
        start=row.start,
        end=(row.start + row.lasts) % (1 << 64),
        service=row.service,
        instance=row.instance,
        scope=Scope(name=row.scope),
    )


def _tellers(engine: Engine, place: Place, lost: Sequence[Node]) -> set[str]:
    """Of the services of these spans those that set the sampled flag on any span of the trace."""
    if not lost:
        return set()
    services = sorted({node.span.service for node in lost})
    query = select(spans.c.service).where(
        *place.within(), spans.c.service.in_(services), func.bitAnd(spans.c.flags, SAMPLED) > 0
    )
    return {row.service for row in engine.read(query.distinct())}
