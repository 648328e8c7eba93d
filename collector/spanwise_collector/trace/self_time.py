"""Self time: the part of a span that no child covers (design section 6)."""

from collections.abc import Iterable

from spanwise_collector.trace.critical_path import Section
from spanwise_collector.trace.tree import Node


def own_sections(node: Node) -> list[Section]:
    """The sections of the span that no child covers, in time order; each as long as it can be, none empty."""
    span = node.span
    found: list[Section] = []
    reached = span.start
    for start, end in _clipped(node.children, span.start, span.end):
        if end <= max(start, reached):
            continue
        if start > reached:
            found.append((reached, start))
        reached = end
    if reached < span.end:
        found.append((reached, span.end))
    return found


def self_time(node: Node) -> int:
    """Nanoseconds of the span that no child covers; children are clipped to the span and merged where they overlap."""
    return sum(end - start for start, end in own_sections(node))


def _clipped(children: Iterable[Node], start: int, end: int) -> list[Section]:
    return sorted((max(child.span.start, start), min(child.span.end, end)) for child in children)
