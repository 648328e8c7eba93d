"""A set of spans that is compared: how many there are, a stable sample of them, and the trees below those."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, select

from spanwise_collector.errors import NotFound
from spanwise_collector.model.span import ERROR, Span
from spanwise_collector.query.calls import MARGIN
from spanwise_collector.query.extent import SPREAD, Rows
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import spans
from spanwise_collector.trace.tree import Node, build

MOST: Final = 5_000
"""Spans of a set that are looked at."""
SPANS: Final = 25_000
"""Spans of the traces that the call tree of a set is made from: they cost 40 µs each, most of it in Python."""
_columns: Final = spans.c
_hash: Final = SPREAD["spans"]
_LAST: Final = (1 << 64) - 1
_NO_SPAN: Final = bytes(8)


@dataclass(frozen=True, slots=True)
class Sample:
    """Of `matched` spans the `heads` with the least hash, up to `cutoff`: the same ones in any order of arrival.

    `duration` (ns) and `failed` are sums over all that matched. `trees` of the heads, up to `tree_cutoff`, are also
    looked at with the traces that they are in.
    """

    rows: Rows
    matched: int
    duration: int
    failed: int
    heads: int
    cutoff: int
    trees: int
    tree_cutoff: int

    def of_it(self) -> ColumnElement[bool]:
        """Whether a span is in the sample."""
        return and_(*self.rows.found(), _hash <= self.cutoff)

    def with_tree(self) -> ColumnElement[bool]:
        """Whether a span is in the part of the sample whose traces are looked at."""
        return and_(*self.rows.found(), _hash <= self.tree_cutoff)

    def around(self) -> ColumnElement[bool]:
        """Whether a span is in a trace that is looked at."""
        return and_(*_near(self.rows), _columns.trace_id.in_(select(_columns.trace_id).where(self.with_tree())))


def sample(engine: Engine, rows: Rows) -> Sample:
    """Draw the sample of a set."""
    within, drawn = _drawn(engine, rows, MOST)
    count = select(_columns.trace_id, func.count().label("n")).where(within.around()).group_by(_columns.trace_id)
    sizes = {row.trace_id: row.n for row in engine.read(count)}
    trees, tree_cutoff = _cut(drawn, _fitting(drawn[: within.heads], sizes))
    return replace(within, trees=trees, tree_cutoff=tree_cutoff)


def heads(engine: Engine, rows: Rows, most: int) -> Sample:
    """Draw a sample of `most` spans of a set, to be looked at without what is below them."""
    return replace(_drawn(engine, rows, most)[0], trees=0, tree_cutoff=0)


def _drawn(engine: Engine, rows: Rows, most: int) -> tuple[Sample, Sequence[Any]]:
    counted = select(
        func.count().label("matched"),
        func.sum(func.toUInt64(func.greatest(_columns.duration, 0))).label("duration"),
        func.countIf(_columns.failed == 1).label("failed"),
    )
    figures = engine.read(counted.where(*rows.found()))[0]
    query = select(_hash.label("hash"), _columns.trace_id).where(*rows.found())
    drawn = engine.read(query.order_by(_hash, _columns.trace_id, _columns.span_id).limit(most + 1))
    kept, cutoff = _cut(drawn, most)
    return Sample(rows, figures.matched, figures.duration, figures.failed, kept, cutoff, kept, cutoff), drawn


def percentile(engine: Engine, rows: Rows, fraction: float) -> int:
    """The duration (ns) that `fraction` of the rows do not exceed; raises NotFound where there are none."""
    ordered = func.arraySort(func.groupArray(func.greatest(_columns.duration, 0)))
    place = func.greatest(1, func.toUInt64(func.ceil(func.length(ordered) * fraction)))
    query = select(func.arrayElement(ordered, place).label("value"), func.count().label("n")).where(*rows.found())
    found = engine.read(query)[0]
    if not found.n:
        raise NotFound("No span of the time range is as asked for, so there is no percentile to tell slow from normal.")
    return int(found.value)


def _cut(drawn: Sequence[Any], most: int) -> tuple[int, int]:
    """How many of the drawn are kept, and their greatest hash; those of one hash are kept or left together."""
    if len(drawn) <= most:
        return len(drawn), drawn[-1].hash if len(drawn) else _LAST
    kept = most
    while kept and drawn[kept - 1].hash == drawn[most].hash:
        kept -= 1
    return kept, drawn[kept - 1].hash if kept else 0


def _fitting(drawn: Sequence[Any], sizes: dict[bytes, int]) -> int:
    """How many of the drawn have no more than SPANS spans in their traces together; one at least."""
    total, seen = 0, set()
    for number, row in enumerate(drawn):
        if row.trace_id not in seen:
            seen.add(row.trace_id)
            total += sizes.get(row.trace_id, 0)
        if total > SPANS:
            return max(1, number)
    return len(drawn)


def _near(rows: Rows) -> list[ColumnElement[bool]]:
    start = _columns.start_time_unix_nano
    return [_columns.project == rows.project, start >= max(0, rows.start - MARGIN), start < rows.end + MARGIN]


def trees(engine: Engine, drawn: Sample) -> list[Node]:
    """The spans of the sample, those with a tree, each with all that is below it; by trace and in display order.

    One below another (an operation that calls itself, or both sides of an id that client and server share) is part of
    the other's tree and has none of its own.
    """
    found: list[Node] = []
    for row in engine.read(_by_trace(drawn)):
        made = [_span(row, fields) for fields in row.spans]
        heads = {(fields[0].hex(), fields[3]) for fields in row.spans if fields[-1]}
        inside: set[int] = set()
        for node in build(made):
            below = node.parent is not None and id(node.parent) in inside
            is_head = (node.span.span_id, node.span.kind) in heads
            if is_head and not below:
                found.append(node)
            if is_head or below:
                inside.add(id(node))
    return found


def _by_trace(drawn: Sample) -> Select[*tuple[Any, ...]]:
    fields = func.tuple(
        _columns.span_id,
        _columns.parent_span_id,
        _columns.name,
        _columns.kind,
        _columns.service,
        _columns.instance,
        _columns.start_time_unix_nano,
        _columns.duration,
        _columns.failed,
        drawn.with_tree(),
    )
    query = select(_columns.trace_id, func.groupArray(fields).label("spans")).where(drawn.around())
    return query.group_by(_columns.trace_id).order_by(_columns.trace_id)


def _span(row: Any, fields: Sequence[Any]) -> Span:
    span_id, parent, name, kind, service, instance, start, duration, failed, _ = fields
    return Span(
        trace_id=row.trace_id.hex(),
        span_id=span_id.hex(),
        parent_span_id="" if parent == _NO_SPAN else parent.hex(),
        name=name,
        kind=kind,
        start=start,
        end=max(0, start + duration),
        service=service,
        instance=instance,
        status_code=ERROR if failed else 0,
    )
