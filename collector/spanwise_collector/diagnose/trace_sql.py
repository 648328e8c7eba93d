"""Rule: a statement that takes much of the trace, or asks for all rows of a table."""

import re
from collections import defaultdict
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.trace.tree import Node

_MS: Final = 1_000_000
_STATEMENTS: Final = ("db.query.text", "db.statement", "sql.query")
_ROWS: Final = ("db.response.returned_rows", "db.rows_returned", "db.row_count")
_SHOWN: Final = 120
_SELECT: Final = re.compile(r"\s*(?:/\*.*?\*/\s*)?select\b", re.IGNORECASE | re.DOTALL)
_BOUND: Final = re.compile(
    r"\b(?:where|limit|top|fetch\s+(?:first|next)|having|count|sum|min|max|avg)\b", re.IGNORECASE
)
_FROM: Final = re.compile(r"\bfrom\b", re.IGNORECASE)


def slow_statements(subject: Subject) -> list[Finding]:
    """Statements of 100 ms and a fifth of the critical path or more; those without bounds from a twentieth on."""
    limits = subject.thresholds
    groups: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in subject.nodes:
        if statement := _statement(node):
            groups[node.span.service, statement].append(node)
    found = []
    for (_, statement), nodes in groups.items():
        share = subject.share(sum(subject.critical.get(id(node), 0) for node in nodes))
        slowest = max(node.span.duration for node in nodes)
        why = _unbounded(statement, nodes, limits.sql_rows)
        if (slowest >= limits.sql_time * _MS and share >= limits.sql_share) or (
            why and share >= limits.sql_unbounded_share
        ):
            found.append(_finding(statement, nodes, share, why))
    return found


def _statement(node: Node) -> str:
    return next((str(found) for key in _STATEMENTS if (found := node.span.attributes.get(key))), "")


def _unbounded(statement: str, nodes: list[Node], many: int) -> str:
    rows = max((_number(node.span.attributes.get(key)) for node in nodes for key in _ROWS), default=0)
    if rows >= many:
        return f"returned {rows:,} rows"
    if _SELECT.match(statement) and _FROM.search(statement) and not _BOUND.search(statement):
        return "asks for all rows: it has neither WHERE nor LIMIT"
    return ""


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _finding(statement: str, nodes: list[Node], share: float, why: str) -> Finding:
    nodes = sorted(nodes, key=lambda each: (-each.span.duration, each.span.span_id))
    said = " ".join(statement.split())
    said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
    times = f", {len(nodes)} times" if len(nodes) > 1 else ""
    took = duration(nodes[0].span.duration)
    return Finding(
        rule="sql",
        claim=f"A statement of {nodes[0].span.service} took {took}{times}{f' and {why}' if why else ''}: {said}",
        culprit=operation(nodes[0]),
        share=share,
        evidence=tuple(Shows(node.span.span_id, duration(node.span.duration)) for node in nodes[:5]),
        next_checks=("Its plan (EXPLAIN): an index that is missing, locks, rows that are read and not needed.",),
    )
