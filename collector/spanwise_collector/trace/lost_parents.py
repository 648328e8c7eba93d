"""Why the parent of a span may be missing, as far as the span and its trace tell."""

from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias

from spanwise_collector.model.span import CONSUMER, SERVER, Span
from spanwise_collector.trace.tree import Node

Reason: TypeAlias = Literal["on its way", "not sampled", "id cut", "not instrumented", "never received"]

ON_ITS_WAY: Final = 60_000_000_000
"""A parent ends after its children and is sent then: so long (ns) after the newest span of a trace one may come yet."""

# Flags of a span (opentelemetry-proto, SpanFlags): sampled, whether it is known if the parent is remote, whether it is.
SAMPLED: Final = 0x001
_KNOWN: Final = 0x100
_REMOTE: Final = 0x200
_CUT: Final = "0" * 16


def likely_reasons(nodes: Sequence[Node], now: int) -> dict[int, Reason]:
    """By place in `nodes`, for each whose parent is missing, what is most likely; `now` in ns."""
    newest = max((max(node.span.start, node.span.end) for node in nodes), default=0)
    young = is_young(newest, now)
    tellers = {node.span.service for node in nodes if node.span.flags & SAMPLED}
    return {
        place: likely_reason(node.span, tellers, young=young) for place, node in enumerate(nodes) if node.parent_missing
    }


def is_young(newest: int, now: int) -> bool:
    """Whether spans may still come of a trace whose newest is of then; both in ns."""
    return 0 <= now - newest < ON_ITS_WAY


def likely_reason(span: Span, tellers: Collection[str], *, young: bool) -> Reason:
    """Why the parent of one span is missing; `tellers` are the services that set the sampled flag in its trace."""
    if young:
        return "on its way"
    # Who never sets the bit does not say by its absence that it was not sampled.
    if span.service in tellers and not span.flags & SAMPLED:
        return "not sampled"
    if not _is_remote(span):
        return "never received"
    return "id cut" if span.trace_id.startswith(_CUT) else "not instrumented"


def _is_remote(span: Span) -> bool:
    """Whether the parent is a span of another process: by its flags, else by its kind."""
    if span.flags & _KNOWN:
        return bool(span.flags & _REMOTE)
    return span.kind in (SERVER, CONSUMER)
