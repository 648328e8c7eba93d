"""Self time: the part of a span that no child covers (design section 6)."""

from collections.abc import Iterable

from spanwise_collector.trace.tree import Node


def self_time(node: Node) -> int:
    """Nanoseconds of the span that no child covers; children are clipped to the span and merged where they overlap."""
    span = node.span
    if span.end <= span.start:
        return 0
    covered = 0
    reached = span.start
    for start, end in _clipped(node.children, span.start, span.end):
        if end > max(start, reached):
            covered += end - max(start, reached)
            reached = end
    return span.end - span.start - covered


def _clipped(children: Iterable[Node], start: int, end: int) -> list[tuple[int, int]]:
    return sorted((max(child.span.start, start), min(child.span.end, end)) for child in children)
