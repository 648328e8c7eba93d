"""The critical path: the chain of span sections that, if shorter, would have ended the trace earlier (design)."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from spanwise_collector.model.span import CONSUMER, PRODUCER, SERVER
from spanwise_collector.trace.tree import Node

Section: TypeAlias = tuple[int, int]


def critical_path(nodes: Sequence[Node]) -> dict[int, list[Section]]:
    """The critical sections of each span, by the node's place in `nodes` (display order), in time order.

    Sections are nanoseconds since the epoch, start inclusive, end exclusive; together they cover the root once, without
    a gap. Walked back from the root's end: a span waited for the child that ended last, before that child began for the
    one that had ended last by then, and so on. Of children that end together the earliest in display order counts.
    Children are clipped to their parent. Work that is only handed over is left out: what lies below a producer in
    another service, and consumers.
    """
    place = {id(node): index for index, node in enumerate(nodes)}
    found: dict[int, list[Section]] = {}
    root = _root(nodes)
    waiting = [] if root is None else [(root, root.span.start, root.span.end)]
    while waiting:
        node, start, end = waiting.pop()
        own: list[Section] = []
        reached = end
        for began, ended, child in _latest_first(node, start, end):
            if ended > reached:
                continue
            own.append((ended, reached))
            waiting.append((child, began, ended))
            reached = began
        own.append((start, reached))
        found[place[id(node)]] = [section for section in reversed(own) if section[0] < section[1]]
    return {index: sections for index, sections in found.items() if sections}


def handed_over(child: Node) -> bool:
    """Whether the parent of `child` did not wait for it, by what kinds of span the two are."""
    span, parent = child.span, child.parent
    if parent is None:
        return False
    elsewhere = span.service != parent.span.service or span.kind == SERVER
    return span.kind == CONSUMER or (parent.span.kind == PRODUCER and elsewhere)


def _root(nodes: Sequence[Node]) -> Node | None:
    """The first span without a parent; where that has not arrived, the longest of those whose parent is missing."""
    roots = [node for node in nodes if node.parent is None and node.span.duration]
    whole = [node for node in roots if not node.parent_missing]
    if whole:
        return whole[0]
    return max(roots, key=lambda node: node.span.duration, default=None)


def _latest_first(node: Node, start: int, end: int) -> Iterator[tuple[int, int, Node]]:
    clipped = (
        (max(child.span.start, start), min(child.span.end, end), child)
        for child in node.children
        if not handed_over(child)
    )
    return iter(sorted((each for each in clipped if each[0] < each[1]), key=lambda each: -each[1]))
