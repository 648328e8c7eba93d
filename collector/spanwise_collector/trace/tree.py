"""The tree of a trace, from its spans in any order; nothing is dropped."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from spanwise_collector.model.span import CLIENT, SERVER, Span


@dataclass(slots=True, eq=False)
class Node:
    """A span in its place. `parent_missing` marks a span whose parent is not among the trace's spans."""

    span: Span
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    depth: int = 0
    descendant_count: int = 0
    parent_missing: bool = False
    warnings: list[str] = field(default_factory=list)


def build(spans: Sequence[Span]) -> list[Node]:
    """Arrange spans depth first, siblings by start, as a waterfall shows them.

    Every span given is in the result once. A span without a parent, or whose parent is not among them, stands at
    depth 0. Where parents form a circle, its earliest span is taken as the root and says so. Spans that share an id are
    all kept: a server span stands below the client span whose id it shares (B3), other duplicates beside each other.
    """
    nodes = [Node(span) for span in sorted(spans, key=_display_order)]
    _attach(nodes)
    _break_circles(nodes)
    ordered = _depth_first([node for node in nodes if node.parent is None])
    for node in reversed(ordered):
        if node.parent is not None:
            node.parent.descendant_count += node.descendant_count + 1
    return ordered


def _display_order(span: Span) -> tuple[int, int, str, str, str, str, int, str]:
    # The longer of two that start together is more likely to be the outer one. What follows makes the order the same
    # however the spans arrive.
    return (
        span.start,
        -span.duration,
        span.span_id,
        span.name,
        span.service,
        span.instance,
        span.kind,
        span.parent_span_id,
    )


class _SameId:
    """The spans of one id. Looks at each once: a trace may have a hundred thousand spans of one id."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.client: Node | None = None
        self._servers: list[Node] = []

    def add(self, node: Node) -> None:
        self.nodes.append(node)
        if node.span.kind == CLIENT and self.client is None:
            self.client = node
        elif node.span.kind == SERVER and len(self._servers) < 2:
            self._servers.append(node)

    def parent_of(self, node: Node) -> Node | None:
        # Of a pair that shares an id, the server's side made the calls below it.
        candidates = (*self._servers, *self.nodes[:2])
        return next((other for other in candidates if other is not node), None)


def _attach(nodes: Sequence[Node]) -> None:
    by_id: dict[str, _SameId] = defaultdict(_SameId)
    for node in nodes:
        by_id[node.span.span_id].add(node)
    for node in nodes:
        parent = _shared_client(node, by_id) or _parent(node, by_id)
        if parent is not None:
            node.parent = parent
            parent.children.append(node)
        elif node.span.parent_span_id == node.span.span_id:
            node.warnings.append("This span names itself as its parent; it is shown as a root.")
        elif node.span.parent_span_id:
            node.parent_missing = True
    for same in by_id.values():
        if len(same.nodes) > 1:
            _warn_of_duplicates(same.nodes)


def _shared_client(node: Node, by_id: dict[str, _SameId]) -> Node | None:
    return by_id[node.span.span_id].client if node.span.kind == SERVER else None


def _parent(node: Node, by_id: dict[str, _SameId]) -> Node | None:
    same = by_id.get(node.span.parent_span_id) if node.span.parent_span_id else None
    return None if same is None else same.parent_of(node)


def _warn_of_duplicates(same: Sequence[Node]) -> None:
    if len(same) == 2 and {node.span.kind for node in same} == {SERVER, CLIENT}:
        return
    for node in same:
        node.warnings.append(f"{len(same)} spans of this trace have the id {node.span.span_id}.")


def _break_circles(nodes: Sequence[Node]) -> None:
    settled: set[int] = set()
    for node in nodes:
        path: dict[int, Node] = {}
        current: Node | None = node
        while current is not None and id(current) not in settled and id(current) not in path:
            path[id(current)] = current
            current = current.parent
        if current is not None and id(current) in path:
            _make_root(min(_circle(current), key=lambda each: _display_order(each.span)))
        settled.update(path)


def _circle(start: Node) -> list[Node]:
    members = [start]
    current = start.parent
    while current is not None and current is not start:
        members.append(current)
        current = current.parent
    return members


def _make_root(node: Node) -> None:
    if node.parent is not None:
        node.parent.children.remove(node)
    node.parent = None
    node.warnings.append(
        "This span's ancestors form a circle; it is shown as a root because it is the earliest of them."
    )


def _depth_first(roots: Sequence[Node]) -> list[Node]:
    ordered: list[Node] = []
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        node.depth = 0 if node.parent is None else node.parent.depth + 1
        ordered.append(node)
        stack.extend(reversed(node.children))
    return ordered
