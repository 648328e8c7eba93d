"""The map against pairing in Python, with the spans shuffled and split over many inserts."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from spanwise_collector.model.span import CLIENT, CONSUMER, ERROR, PRODUCER, SERVER, Link, Span
from spanwise_collector.query.calls import KEPT_ONE_IN
from spanwise_collector.query.extent import Most, Rows
from spanwise_collector.query.figures import Figures
from spanwise_collector.query.language.parse import parse
from spanwise_collector.query.service_map import Edge, Focus, Map, NodeId, service_map
from sqlalchemy import func, select

from tests.collector.inside import Inside
from tests.contract import query_definition
from tests.contract.query_wire import span_request
from tests.factories import MINUTE, START
from tests.generated import seed

PROJECT = "map"
BEGIN = START // MINUTE * MINUTE
END = BEGIN + 6 * MINUTE
SERVICES = ("web", "cart", "pay", "mail", "stock")
PEERS: tuple[dict[str, Any], ...] = (
    {},
    {"db.system.name": "postgresql", "db.namespace": "orders", "server.address": "db1"},
    {"db.system": "redis"},
    {"messaging.system": "kafka", "messaging.destination.name": "orders"},
    {"server.address": "api.example", "server.port": 443},
    {"peer.service": "bank", "server.port": 443},
)


def make(chance: random.Random, traces: int) -> list[Span]:
    made: list[Span] = []
    for _ in range(traces):
        trace_id = f"{chance.getrandbits(127) * 2 + 1:032x}"
        began = BEGIN - MINUTE + chance.randrange(8 * MINUTE)
        of_it: list[Span] = []
        for place in range(1, chance.randint(2, 12)):
            parent = chance.choice(of_it) if of_it else None
            shared = parent is not None and parent.kind == CLIENT and chance.random() < 0.3
            links = []
            if made and chance.random() < 0.4:
                other = chance.choice([*made[-20:], *of_it])
                links = [Link(other.trace_id, other.span_id), Link("ab", "cd")]
            start = began + place * 1_000_000 + chance.randrange(-3_000_000, 3_000_000)
            lost = chance.random() < 0.1
            of_it.append(
                Span(
                    trace_id=trace_id,
                    span_id=parent.span_id if parent and shared else f"{place:016x}",
                    parent_span_id=("ff" * 8 if lost else (parent.parent_span_id if shared else parent.span_id))
                    if parent
                    else "",
                    name="work",
                    kind=SERVER
                    if shared
                    else chance.choice([0, 1, SERVER, SERVER, CLIENT, CLIENT, PRODUCER, CONSUMER]),
                    start=start,
                    end=start + chance.randrange(-5, 10**9) if chance.random() < 0.9 else 0,
                    service=(service := chance.choice(SERVICES)),
                    instance="",
                    status_code=chance.choice([0, 0, 1, ERROR]),
                    attributes=chance.choice(PEERS),
                    links=tuple(links),
                    resource=_resource(service, chance),
                )
            )
        made += of_it
    return made


def _resource(service: str, chance: random.Random) -> Any:
    from spanwise_collector.model.resource import Resource

    return Resource({"service.name": service, "service.instance.id": f"{service}-{chance.randint(1, 2)}"})


@pytest.fixture(scope="module")
def sent(collector: Inside) -> list[Span]:
    chance = random.Random(seed())
    spans = make(chance, 80)
    shuffled = chance.sample(spans, len(spans))
    collector.send(PROJECT, *(span_request(shuffled[part::8]) for part in range(8)))
    return spans


class Call(NamedTuple):
    caller: Span
    callee: Span


def pairs(spans: list[Span]) -> Iterator[Call]:
    """Every call between services, each as it is found by one of the three ways."""
    by_id: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for each in spans:
        by_id[each.trace_id, each.span_id].append(each)
    shared = {
        key
        for key, owners in by_id.items()
        if {(a.service, b.service) for a in owners for b in owners if (a.kind, b.kind) == (CLIENT, SERVER)}
        - {(service, service) for service in SERVICES}
    }
    for each in spans:
        own = (each.trace_id, each.span_id)
        above = (each.trace_id, each.parent_span_id)
        if each.kind == SERVER:
            yield from (Call(other, each) for other in by_id[own] if other.kind == CLIENT)
        if each.parent_span_id and not (each.kind == SERVER and own in shared):
            yield from (Call(p, each) for p in by_id[above] if not (p.kind == CLIENT and above in shared))
        if each.kind == CONSUMER:
            links = [(link.trace_id, link.span_id) for link in each.links]
            yield from (Call(p, each) for link in links if link != above for p in by_id[link] if p.kind == PRODUCER)


def across(spans: list[Span]) -> list[Call]:
    return [call for call in pairs(spans) if call.caller.service != call.callee.service]


def figures(spans: Iterable[Span]) -> Figures:
    spans = list(spans)
    buckets = Counter(bucket(each.end - each.start) for each in spans if each.end >= each.start)
    return Figures(len(spans), sum(each.status_code == ERROR for each in spans), dict(buckets))


def bucket(duration: int) -> int:
    return math.floor(math.log2(max(1, duration)) * 4)


def peer(attributes: Any) -> NodeId | None:
    names = {
        "postgresql": NodeId("database", "postgresql/orders"),
        "redis": NodeId("database", "redis"),
        "kafka": NodeId("messaging", "kafka/orders"),
        "api.example": NodeId("external", "api.example:443"),
        "bank": NodeId("external", "bank"),
    }
    keys = ("db.system.name", "db.system", "messaging.system", "peer.service", "server.address")
    return next((names[attributes[key]] for key in keys if key in attributes), None)


def edges(spans: list[Span], q: str = "", traces: Container[str] | None = None) -> tuple[list[Edge], int]:
    """By plain pairing; where `traces` are given, of calls whose caller is of one of them."""
    where = parse(q, "spans").where

    def holds(span: Span) -> bool:
        return query_definition.holds(where, span)

    def inside(span: Span) -> bool:
        return BEGIN <= span.start < END

    calls = [call for call in across(spans) if traces is None or call.caller.trace_id in traces]
    grouped: dict[tuple[str, str, bool], list[Call]] = defaultdict(list)
    for call in calls:
        if inside(call.callee) and (holds(call.caller) or holds(call.callee)):
            message = call.caller.kind == PRODUCER or call.callee.kind == CONSUMER
            grouped[call.caller.service, call.callee.service, message].append(call)
    made = []
    for (caller, callee, message), found in grouped.items():
        lags = [call.callee.start - call.caller.start for call in found]
        lag = Figures(len(lags), sum(each < 0 for each in lags), dict(Counter(bucket(n) for n in lags if n >= 0)))
        ends = (figures(call.caller for call in found), figures(call.callee for call in found))
        made.append(Edge(NodeId("service", caller), NodeId("service", callee), message, *ends, lag))
    answered = {(call.caller.trace_id, call.caller.span_id, call.caller.service) for call in calls}
    to_peers: dict[tuple[str, NodeId | None], list[Span]] = defaultdict(list)
    for each in spans:
        alone = (each.trace_id, each.span_id, each.service) not in answered
        asked = inside(each) and holds(each) and (traces is None or each.trace_id in traces)
        if each.kind in (CLIENT, PRODUCER) and asked and alone:
            to_peers[each.service, peer(each.attributes)].append(each)
    unnamed = sum(len(found) for (_, target), found in to_peers.items() if target is None)
    for (caller, target), alone_spans in to_peers.items():
        if target is not None:
            source = NodeId("service", caller)
            made.append(Edge(source, target, target.kind == "messaging", figures(alone_spans), None, None))
    return made, unnamed


def key(edge: Edge) -> tuple[NodeId, NodeId, bool]:
    return edge.source, edge.target, edge.asynchronous


def ask(collector: Inside, q: str = "", focus: Focus | None = None, project: str = PROJECT, **most: int) -> Map:
    rows = Rows(project, "spans", BEGIN, END, parse(q, "spans").where)
    return service_map(collector.engine, rows, Most(**most), focus)


@pytest.mark.parametrize("q", ["", "service:cart", "status:error", "messaging.system:*"])
def test_edges_are_those_that_pairing_finds(collector: Inside, sent: list[Span], q: str) -> None:
    wanted, unnamed = edges(sent, q)
    found = ask(collector, q)
    assert sorted(found.edges, key=key) == sorted(wanted, key=key)
    assert (found.unnamed, found.one_in, found.total_edges) == (unnamed, 1, len(wanted))
    assert found.scanned == sum(BEGIN <= each.start < END for each in sent)
    assert [edge.caller.spans for edge in found.edges] == sorted((e.caller.spans for e in wanted), reverse=True)


@pytest.mark.parametrize("links", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_edges_are_found_where_no_ids_are_shared_or_nothing_is_linked(
    collector: Inside, sent: list[Span], links: bool, shared: bool
) -> None:
    project = f"map shared {shared} links {links}"
    owners = Counter((each.trace_id, each.span_id) for each in sent)
    spans = [
        each if links else replace(each, links=())
        for each in sent
        if shared or owners[each.trace_id, each.span_id] == 1
    ]
    collector.send(project, span_request(spans))
    wanted, unnamed = edges(spans)
    found = ask(collector, project=project)
    assert sorted(found.edges, key=key) == sorted(wanted, key=key)
    assert found.unnamed == unnamed


@pytest.mark.parametrize("q", ["", "status:error"])
def test_nodes_have_the_requests_of_their_instances(collector: Inside, sent: list[Span], q: str) -> None:
    where = parse(q, "spans").where
    by_instance: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for each in sent:
        is_request = each.kind in (SERVER, CONSUMER) or not each.parent_span_id
        if BEGIN <= each.start < END and is_request and query_definition.holds(where, each):
            by_instance[each.service, str(each.resource.attributes["service.instance.id"])].append(each)
    found = {node.id: node for node in ask(collector, q).nodes}
    for service in SERVICES:
        wanted = {name: figures(spans) for (of, name), spans in by_instance.items() if of == service}
        node = found[NodeId("service", service)]
        assert dict(node.instances) == wanted
        assert node.requests == sum(wanted.values(), Figures())
    to_redis = [edge.caller for edge in edges(sent, q)[0] if edge.target.name == "redis"]
    assert found[NodeId("database", "redis")].requests == sum(to_redis, Figures())


def test_a_focus_leaves_what_is_near(collector: Inside, sent: list[Span]) -> None:
    whole, near = ask(collector, "service:web"), ask(collector, "service:web", Focus("web", 1))
    beside = {edge.source for edge in whole.edges} | {edge.target for edge in whole.edges}
    assert {node.id for node in near.nodes} == beside
    assert ask(collector, "", Focus("nobody", 3)).nodes == []


def test_the_busiest_nodes_are_kept_and_the_others_counted(collector: Inside, sent: list[Span]) -> None:
    whole, few = ask(collector), ask(collector, map_nodes=3)
    assert few.nodes == whole.nodes[:3]
    assert (few.total_nodes, few.total_edges) == (len(whole.nodes), len(whole.edges))
    kept = {node.id for node in few.nodes}
    assert few.edges == [edge for edge in whole.edges if {edge.source, edge.target} <= kept]


def test_a_sample_is_of_whole_traces_and_says_so(collector: Inside, sent: list[Span]) -> None:
    found = ask(collector, map_rows=len(sent) // 3)
    assert found.one_in > 1
    assert all(edge.caller.spans % found.one_in == 0 for edge in found.edges)
    assert found == ask(collector, map_rows=len(sent) // 3)


def test_of_many_spans_the_kept_sample_is_paired(collector: Inside) -> None:
    project, spans = "map kept", make(random.Random(seed()), 400)
    of_it = kept(collector, {each.trace_id for each in spans})
    others = sorted({each.trace_id for each in spans} - of_it)[: 4 * len(of_it)]
    spans = [each for each in spans if each.trace_id in of_it or each.trace_id in others]
    collector.send(project, *(span_request(spans[part::4]) for part in range(4)))
    wanted, unnamed = edges(spans, traces=of_it)
    scanned = sum(BEGIN <= each.start < END for each in spans)
    found = ask(collector, project=project, map_rows=-(-scanned // 3))
    assert (found.one_in, found.scanned, found.unnamed) == (KEPT_ONE_IN, scanned, unnamed * KEPT_ONE_IN)
    assert sorted(found.edges, key=key) == sorted(map(scaled, wanted), key=key)


def test_spans_that_came_before_there_was_a_sample_are_paired_from_all(collector: Inside) -> None:
    project, spans = "map before", make(random.Random(seed()), 60)
    collector.send(project, span_request(spans))
    with closing(collector.engine.commander()) as client:
        client.command(f"ALTER TABLE span_sample DELETE WHERE project = '{project}' SETTINGS mutations_sync = 1")
    scanned = sum(BEGIN <= each.start < END for each in spans)
    assert ask(collector, project=project, map_rows=-(-scanned // 3)).one_in == 3


def kept(collector: Inside, trace_ids: Iterable[str]) -> set[str]:
    asked = sorted(trace_ids)
    hashes = [func.cityHash64(func.toFixedString(func.unhex(each), 16)) % KEPT_ONE_IN for each in asked]
    return {each for each, rest in zip(asked, collector.engine.read(select(*hashes))[0], strict=True) if rest == 0}


def scaled(edge: Edge) -> Edge:
    caller, callee, lag = (
        None if each is None else sum([each] * KEPT_ONE_IN, Figures()) for each in (edge.caller, edge.callee, edge.lag)
    )
    return Edge(edge.source, edge.target, edge.asynchronous, caller or Figures(), callee, lag)
