"""How every node is, below /api/v1."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer, described
from spanwise_collector.api.parameters import Text
from spanwise_collector.api.recent import Clock, Measured, RecentRange
from spanwise_collector.diagnose.node_health import State
from spanwise_collector.model.registered import Register
from spanwise_collector.query.figures import Figures
from spanwise_collector.query.nodes import Seen, nodes
from spanwise_collector.store import Engine


class NodeQuery(RecentRange):
    service: Text | None = None
    state: State | None = None
    limit: int = Field(default=200, ge=1, le=10_000)


class NodeFinding(Answer):
    state: State
    why: str


class NodeTraffic(Answer):
    """Requests: spans by which work enters. Percentiles come from histograms and are off by 9 % at most."""

    count: int
    error_count: int
    error_share: float
    p50: int | None = Field(description="In ns; null without any whose duration is known.")
    p95: int | None
    p99: int | None


class Node(Answer):
    service: str
    instance: str
    host: str | None
    version: str | None
    state: State
    why: str
    findings: list[NodeFinding] = Field(description="The weightiest first, which is its state; empty where it is ok.")
    first_seen_unix_nano: int | None = Field(description="By all that is kept, to the minute; None: it never sent.")
    last_seen_unix_nano: int | None
    span_count: int = Field(description="In the minutes that the range touches.")
    log_count: int
    requests: NodeTraffic
    siblings: int = Field(description="Other nodes of its service.")
    siblings_requests: NodeTraffic = Field(description="Theirs together.")
    registered: bool | None = Field(description="None where no registry could be read, or names cannot be compared.")
    registry: str | None = Field(description="Which has it registered.")
    healthy: bool | None = Field(description="As that registry says.")


class StateCount(Answer):
    state: State
    count: int


class Registry(Answer):
    name: str = Field(description="Its address, without what is secret.")
    kind: str
    entries: int
    read_unix_nano: int | None = Field(description="When it was read last; None: not yet.")
    error: str | None = Field(description="Why it could not be read the last time it was tried.")


class NodeList(Measured):
    nodes: list[Node] = Field(description="By state, the weightiest first, then by service and instance.")
    states: list[StateCount] = Field(description="Of all nodes, whatever `state` asks for.")
    registries: list[Registry]
    other_names: list[str] = Field(
        description="Services whose registered instances bear none of the names that their nodes bear."
    )


def router(
    engine: Engine, registers: Callable[[str], list[Register]], project_of: Callable[[Request], str]
) -> APIRouter:
    """The route; `registers` says what the registries of a project hold."""
    failures: dict[int | str, dict[str, Any]] = described(400, 422, 503)
    made = APIRouter(prefix="/api/v1", responses=failures)
    Project = Annotated[str, Depends(project_of)]

    @made.get("/nodes", tags=["diagnosis"])
    def list_nodes(query: Annotated[NodeQuery, Query()], project: Project) -> NodeList:
        """Every instance that sent something or is registered: what it sent, and how it is, and why."""
        clock, bounds, said = Clock(), query.bounds(), registers(project)
        found = nodes(engine, project, bounds, said)
        asked = [each for each in found.seen if query.service in (None, each.service)]
        states = Counter(each.state for each in asked)
        asked = [each for each in asked if query.state in (None, each.state)]
        shown = [_node(each) for each in asked[: query.limit]]
        return NodeList(
            nodes=shown,
            states=[StateCount(state=state, count=states[state]) for state in get_args(State) if states[state]],
            registries=[_registry(each) for each in said],
            other_names=found.doubtful,
            **clock.whole(bounds, len(shown), len(asked), True),
        )

    return made


def _node(seen: Seen) -> Node:
    sent, entry = seen.sent, seen.entry
    return Node(
        service=seen.service,
        instance=seen.instance,
        host=sent.host or None,
        version=sent.version or None,
        state=seen.state,
        why=seen.found[0].why if seen.found else "Nothing stands out.",
        findings=[NodeFinding(state=each.state, why=each.why) for each in seen.found],
        first_seen_unix_nano=sent.first or None,
        last_seen_unix_nano=sent.last or None,
        span_count=sent.spans,
        log_count=sent.logs,
        requests=_traffic(seen.requests),
        siblings=seen.siblings,
        siblings_requests=_traffic(seen.siblings_requests),
        registered=seen.registered,
        registry=None if entry is None else entry.register.name,
        healthy=None if entry is None else entry.registered.healthy,
    )


def _traffic(figures: Figures) -> NodeTraffic:
    return NodeTraffic(
        count=figures.spans,
        error_count=figures.errors,
        error_share=round(figures.errors / figures.spans, 6) if figures.spans else 0.0,
        p50=figures.percentile(0.50),
        p95=figures.percentile(0.95),
        p99=figures.percentile(0.99),
    )


def _registry(said: Register) -> Registry:
    return Registry(
        name=said.name,
        kind=said.kind,
        entries=len(said.entries),
        read_unix_nano=said.read or None,
        error=said.error or None,
    )
