"""Spans that Zipkin's senders report in pieces, joined into one (openzipkin: zipkin2/internal/Trace.java)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from spanwise_collector.model.span import Event, Span

SCOPE: Final = "zipkin"
_NOBODY: Final = "unknown_service"
_SHARED: Final = "zipkin.shared"


def join_pieces(spans: Sequence[Span]) -> list[Span]:
    """The spans with the pieces of one made one; how many it came in is its `pieces`. The order does not matter.

    Only spans of Zipkin's formats are joined. Pieces share their id, contradict each other neither in kind nor in
    service, and all but one of them lack a start or a duration. A piece that names neither belongs to the side of a
    shared id that says the same of `shared`, else to the other. Two whole spans of one id are never joined.
    """
    by_id: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_id[span.span_id if span.scope.name == SCOPE else ""].append(span)
    found = by_id.pop("", [])
    for same in by_id.values():
        found += same if len(same) == 1 else _joined(same)
    return found


def _joined(same: Iterable[Span]) -> list[Span]:
    sides: list[Span] = []
    for span in sorted(same, key=_tellingness):
        fitting = [place for place, side in enumerate(sides) if _fits(side, span)]
        if fitting:
            best = min(fitting, key=lambda place: _shared(sides[place]) != _shared(span))
            sides[best] = _join(sides[best], span)
        else:
            sides.append(span)
    return sides


def _tellingness(span: Span) -> tuple[bool, bool, bool, bool, int, str]:
    # What says most comes first, so that the others find their side.
    return (not _whole(span), not span.start, not span.kind, span.service == _NOBODY, span.start, span.name)


def _fits(side: Span, piece: Span) -> bool:
    same_kind = not side.kind or not piece.kind or side.kind == piece.kind
    same_service = _NOBODY in (side.service, piece.service) or side.service == piece.service
    return same_kind and same_service and not (_whole(side) and _whole(piece))


def _join(side: Span, piece: Span) -> Span:
    known = side if side.service != _NOBODY else piece
    start = min(side.start, piece.start) or max(side.start, piece.start)
    durations = [each.end - each.start for each in (side, piece) if each.end]
    return replace(
        side,
        parent_span_id=side.parent_span_id or piece.parent_span_id,
        name=side.name or piece.name,
        kind=side.kind or piece.kind,
        start=start,
        end=start + max(durations) if durations else 0,
        service=known.service,
        instance=known.instance,
        resource=known.resource,
        status_code=max(side.status_code, piece.status_code),
        status_message=side.status_message or piece.status_message,
        attributes={**side.attributes, **piece.attributes},
        dropped_attributes_count=side.dropped_attributes_count + piece.dropped_attributes_count,
        events=_events(side, piece),
        pieces=side.pieces + piece.pieces,
    )


def _events(side: Span, piece: Span) -> tuple[Event, ...]:
    once = {(event.time, event.name): event for event in (*side.events, *piece.events)}
    return tuple(sorted(once.values(), key=lambda event: event.time))


def _whole(span: Span) -> bool:
    return bool(span.start and span.end)


def _shared(span: Span) -> bool:
    return bool(span.attributes.get(_SHARED))
