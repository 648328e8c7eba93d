"""Spans of the model, of one trace, with ids that count."""

from __future__ import annotations

from typing import Any

from spanwise_collector.model.span import Span
from spanwise_collector.trace.tree import Node


def span(number: int, parent: int = 0, start: int = 0, end: int = 10, **fields: Any) -> Span:
    given: dict[str, Any] = {"name": f"{number}", "kind": 1, "service": "shop", "instance": ""}
    return Span(
        trace_id="0" * 31 + "1",
        span_id=f"{number:016x}",
        parent_span_id=f"{parent:016x}" if parent else "",
        start=start,
        end=end,
        **given | fields,
    )


def drawn(nodes: list[Node]) -> list[str]:
    """Each node as its name, indented as deep as it is, with a mark where its parent is missing."""
    return [f"{'  ' * node.depth}{node.span.name}{' ?' if node.parent_missing else ''}" for node in nodes]
