"""The map: services, what calls what, and what is called that sends no spans itself."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import func, select

from spanwise_collector.query.calls import KEPT_ONE_IN, Sampled, calls, links, shared_ids, unanswered
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.extent import Most, Rows
from spanwise_collector.query.figures import REQUESTS, STATS, Figures, Minutes, figures_by
from spanwise_collector.query.language.tree import EVERYTHING
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import NO_BUCKET, span_sample, spans

SERVICE: Final = "service"
# How large a sample of whole traces may turn out by chance.
_COVERED: Final = 0.8


@dataclass(frozen=True, slots=True, order=True)
class NodeId:
    """`kind` is service, database, messaging or external; the last three are named by what calls them."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Node:
    """`requests` of a service are the spans by which work enters it; of others, the calls that name them."""

    id: NodeId
    requests: Figures
    instances: tuple[tuple[str, Figures], ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """Calls from a service: `caller` has the durations of its client spans, `callee` those of the spans it led to.

    `lag` is from the start of the one to the start of the other; `lag.errors` counts those where it is negative, as
    clocks that disagree make it. A callee without spans has no figures.
    """

    source: NodeId
    target: NodeId
    asynchronous: bool
    caller: Figures
    callee: Figures | None
    lag: Figures | None


@dataclass(frozen=True, slots=True)
class Map:
    """Nodes with the most requests first, and the edges between them, the most calls first.

    Where `one_in` is not 1, edges are of one trace in so many, and their counts multiplied by it. `unnamed` counts
    client spans that led to no span and name nothing that they called.
    """

    nodes: list[Node]
    edges: list[Edge]
    total_nodes: int
    total_edges: int
    scanned: int
    one_in: int
    unnamed: int


@dataclass(frozen=True, slots=True)
class Focus:
    """What is within so many calls of a service."""

    service: str
    depth: int = 2


def service_map(engine: Engine, rows: Rows, most: Most, focus: Focus | None = None) -> Map:
    """The map of the calls whose caller's or callee's span is as the rows are asked to be."""
    count = select(func.count().label("n")).select_from(spans).where(*rows.in_range())
    scanned = engine.read(count)[0].n
    sampled = _sampled(engine, rows, scanned, most.map_rows)
    # Most have neither, and then the range is read 8 times instead of 21 (ADR-0121).
    sampled = replace(sampled, shared=bool(engine.read(shared_ids(sampled))), linked=bool(engine.read(links(sampled))))
    edges, unnamed = _edges(engine, sampled)
    nodes = _services(engine, sampled)
    for edge in edges:
        nodes.setdefault(edge.source, Node(edge.source, Figures()))
        if edge.target.kind == SERVICE:
            nodes.setdefault(edge.target, Node(edge.target, Figures()))
        else:
            known = nodes.get(edge.target, Node(edge.target, Figures()))
            nodes[edge.target] = replace(known, requests=known.requests + edge.caller)
    if focus is not None:
        near = _near(NodeId(SERVICE, focus.service), edges, focus.depth)
        nodes = {key: node for key, node in nodes.items() if key in near}
        edges = _between(edges, nodes)
    shown = sorted(nodes.values(), key=lambda node: (-node.requests.spans, node.id))[: most.map_nodes]
    kept = _between(edges, {node.id for node in shown})
    return Map(shown, kept, len(nodes), len(edges), scanned, sampled.one_in, unnamed)


def _sampled(engine: Engine, rows: Rows, scanned: int, most: int) -> Sampled:
    """Of the spans in a range, which has `scanned`, about `most`."""
    one_in = max(1, -(-scanned // most))
    if one_in <= 2 or rows.where != EVERYTHING:
        return Sampled(rows, one_in)
    columns, start = span_sample.c, span_sample.c.start_time_unix_nano
    of_range = (columns.project == rows.project, start >= rows.start, start < rows.end)
    kept = engine.read(select(func.count().label("n")).where(*of_range))[0].n * KEPT_ONE_IN
    # Of spans that were stored before there was a sample it has none.
    if kept < scanned * _COVERED:
        return Sampled(rows, one_in)
    return Sampled(rows, -(-one_in // KEPT_ONE_IN) * KEPT_ONE_IN, kept=True)


def _between(edges: list[Edge], nodes: Iterable[NodeId]) -> list[Edge]:
    known = set(nodes)
    return [edge for edge in edges if edge.source in known and edge.target in known]


def _near(middle: NodeId, edges: list[Edge], depth: int) -> set[NodeId]:
    beside: dict[NodeId, set[NodeId]] = defaultdict(set)
    for edge in edges:
        beside[edge.source].add(edge.target)
        beside[edge.target].add(edge.source)
    found, edge_of_it = {middle}, {middle}
    for _ in range(depth):
        edge_of_it = {other for node in edge_of_it for other in beside[node]} - found
        found |= edge_of_it
    return found


def _edges(engine: Engine, sampled: Sampled) -> tuple[list[Edge], int]:
    times = sampled.one_in
    found = []
    for row in engine.read(calls(sampled)):
        found.append(
            Edge(
                NodeId(SERVICE, row.caller),
                NodeId(SERVICE, row.callee),
                bool(row.asynchronous),
                _times(Figures(row.n, row.caller_errors, row.caller_buckets), times),
                _times(Figures(row.n, row.callee_errors, row.callee_buckets), times),
                _times(Figures(row.n, row.negative, row.lags), times),
            )
        )
    unnamed = 0
    for row in engine.read(unanswered(sampled)):
        figures = _times(Figures(row.n, row.errors, row.buckets), times)
        if not row.peer_kind:
            unnamed += figures.spans
            continue
        target = NodeId(row.peer_kind, row.peer_name)
        found.append(Edge(NodeId(SERVICE, row.caller), target, row.peer_kind == "messaging", figures, None, None))
    found.sort(key=lambda edge: (-edge.caller.spans, edge.source, edge.target, edge.asynchronous))
    return found, unnamed


def _times(figures: Figures, factor: int) -> Figures:
    if factor == 1:
        return figures
    buckets = {bucket: count * factor for bucket, count in figures.buckets.items()}
    return Figures(figures.spans * factor, figures.errors * factor, buckets)


def _services(engine: Engine, sampled: Sampled) -> dict[NodeId, Node]:
    """From the sums where every request counts, which then are those of whole minutes; else from the rows."""
    rows = sampled.rows
    by_instance: dict[tuple[Any, ...], Figures]
    if rows.where == EVERYTHING:
        minutes = Minutes.of(rows.project, rows.start, rows.end)
        by_instance = figures_by(engine, minutes, (STATS.service, STATS.instance), REQUESTS)
        seen = {service for (service,) in figures_by(engine, minutes, (STATS.service,))}
    else:
        by_instance = _of_rows(engine, sampled)
        seen = {service for service, _ in by_instance}
    instances: dict[str, list[tuple[str, Figures]]] = {service: [] for service in sorted(seen)}
    for (service, instance), figures in by_instance.items():
        instances[service].append((instance, figures))
    return {
        NodeId(SERVICE, service): Node(
            NodeId(SERVICE, service), sum((each for _, each in found), Figures()), tuple(found)
        )
        for service, found in instances.items()
    }


def _of_rows(engine: Engine, sampled: Sampled) -> dict[tuple[Any, ...], Figures]:
    columns, rows = spans.c, sampled.rows
    known = columns.duration >= 0
    query = (
        select(
            columns.service,
            columns.instance,
            func.count().label("n"),
            func.countIf(columns.failed == 1).label("errors"),
            func.sumMap(
                func.map(func.if_(known, func.spanwise_bucket(columns.duration), NO_BUCKET), func.toUInt64(1))
            ).label("buckets"),
        )
        .where(*rows.in_range(), sampled.of_it(), condition(rows.where, "spans"), sampled.is_request())
        .group_by(columns.service, columns.instance)
    )
    found = {}
    for row in engine.read(query):
        buckets = {bucket: count for bucket, count in row.buckets.items() if bucket != NO_BUCKET}
        found[row.service, row.instance] = _times(Figures(row.n, row.errors, buckets), sampled.one_in)
    return dict(sorted(found.items(), key=lambda item: (-item[1].spans, item[0])))
