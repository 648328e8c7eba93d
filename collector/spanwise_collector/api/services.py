"""Services, their operations, and the map of what calls what, below /api/v1."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api import service_list
from spanwise_collector.api.models import Answer, KindWord, described
from spanwise_collector.api.parameters import QueryText, Text, TimeRange, read, without_groups
from spanwise_collector.api.recent import Clock, Measured, RecentRange
from spanwise_collector.model.span import kind_word
from spanwise_collector.query.extent import Most, Rows
from spanwise_collector.query.figures import Figures, Minutes
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.service import Operation, operations, service
from spanwise_collector.query.service_map import Edge, Focus, Map, Node, NodeId, service_map
from spanwise_collector.query.service_series import ServiceSeries, series_by_service
from spanwise_collector.query.services import services
from spanwise_collector.store import Engine


class Red(Answer):
    """Rate, errors and durations. Percentiles come from histograms and are off by 9 % at most."""

    count: int
    error_count: int
    rate: float = Field(description="A second, over the range.")
    p50: int | None = Field(description="In ns; null without any whose duration is known.")
    p95: int | None
    p99: int | None


class OperationFigures(Red):
    service: str
    name: str
    kind: KindWord
    before: Red = Field(description="As long a time, right before.")


class OperationList(Measured):
    operations: list[OperationFigures] = Field(description="The most spans first, then by service, name and kind.")


class OperationQuery(RecentRange):
    service: Text | None = None
    limit: int = Field(default=100, ge=1, le=10_000)


class InstanceFigures(Red):
    instance: str


class VersionCount(Answer):
    version: str
    span_count: int


class Point(Red):
    time_unix_nano: int


class MapNode(Red):
    """Figures of a service are those of the spans by which work enters it; of others, those of the calls to them."""

    id: str
    kind: Literal["service", "database", "messaging", "external"]
    name: str
    instances: list[InstanceFigures] = Field(description="Of a service, the most requests first.")


class Lag(Answer):
    p50: int | None
    p95: int | None
    negative: int = Field(description="Calls that began before they were made, by clocks that disagree.")


class MapEdge(Answer):
    source: str
    target: str
    asynchronous: bool = Field(description="A message lies between.")
    caller: Red = Field(description="The calling spans.")
    callee: Red | None = Field(description="The spans that they led to; null of what sends no spans.")
    lag: Lag | None = Field(description="From the start of the one to the start of the other, in ns.")


class ServiceMap(Measured):
    """`total` counts all nodes; edges are those between the nodes that are returned."""

    scanned: int = Field(description="Spans of the range.")
    one_in: int = Field(
        description="Edges are of one trace in so many and scaled, for the setting map_rows; 1: of all."
    )
    limit_name: Literal["map_nodes"] | None = Field(description="The setting because of which nodes are left out.")
    total_edges: int
    unnamed_calls: int = Field(description="Client spans that led to no span, and do not name what they called.")
    nodes: list[MapNode] = Field(description="The most requests first.")
    edges: list[MapEdge] = Field(description="The most calls first.")


class MapQuery(RecentRange):
    q: QueryText = None
    focus: Text | None = Field(default=None, description="A service: only what is within `depth` calls of it.")
    depth: int = Field(default=2, ge=1, le=10)


class ServicePage(Measured):
    """`total` counts operations; the minutes that the range touches are counted whole."""

    name: str
    span_count: int
    log_count: int
    log_error_count: int = Field(description="Log records of severity ERROR and above.")
    requests: Red = Field(description="Spans by which work enters the service.")
    before: Red = Field(description="As long a time, right before.")
    step: int = Field(description="Length of a step of `series` in ns.")
    series: list[Point] = Field(description="Steps with requests, by time.")
    operations: list[OperationFigures]
    instances: list[InstanceFigures]
    versions: list[VersionCount]
    versions_exact: bool = Field(description="Whether versions were counted, or taken from a sample.")
    callers: list[MapEdge]
    callees: list[MapEdge]
    calls_one_in: int = Field(description="As `one_in` of the map.")


class PageQuery(RecentRange):
    limit: int = Field(default=100, ge=1, le=1000, description="Operations, versions and instances in the answer.")
    columns: int = Field(default=60, ge=2, le=200, description="Most steps of `series`.")


class ServicesQuery(TimeRange):
    columns: int = Field(default=0, ge=0, le=200, description="Most steps of `series`; 0 for none.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits, most: Most) -> None:
    """Add what is asked of services to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/services", tags=["services"])
    def list_services(query: Annotated[ServicesQuery, Query()], project: Project) -> service_list.ServiceList:
        """Every service with spans or log records, by name, with its rates, errors and durations."""
        bounds = query.bounds()
        asked = query.columns > 0
        series = series_by_service(engine, project, *bounds, query.columns) if asked else ServiceSeries()
        return service_list.listed(services(engine, project, *bounds), series)

    # No path with a line break in it comes here.
    @made.get("/services/{name:path}", tags=["services"], responses=described(404))
    def get_service(name: str, query: Annotated[PageQuery, Query()], project: Project) -> ServicePage:
        """One service: requests over time, operations, instances, versions, what calls it and what it calls."""
        clock, minutes = Clock(), Minutes.of(project, *query.bounds())
        found = service(engine, minutes, name, most, query.columns)
        around = service_map(engine, Rows(project, "spans", *minutes.bounds), most, Focus(name, 1))
        listed, node = operations(engine, minutes, name), NodeId("service", name)
        step = found.series.step
        return ServicePage(
            name=name,
            span_count=found.spans.spans,
            log_count=found.logs.records,
            log_error_count=found.logs.errors,
            requests=_red(found.requests, minutes),
            before=_red(found.before, minutes.before()),
            step=step,
            series=[
                Point(time_unix_nano=time, **_figures(figures, step / 1e9)) for time, figures in found.series.points
            ],
            operations=_operations(listed[: query.limit], minutes),
            instances=_instances(found.instances[: query.limit], minutes),
            versions=[
                VersionCount(version=version, span_count=count)
                for facet in found.versions.found
                for version, count in facet.values[: query.limit]
            ],
            versions_exact=found.versions.extent.exact,
            callers=[_edge(each, minutes) for each in around.edges if each.target == node],
            callees=[_edge(each, minutes) for each in around.edges if each.source == node],
            calls_one_in=around.one_in,
            **clock.whole(minutes.bounds, min(len(listed), query.limit), len(listed), around.one_in == 1),
        )

    @made.get("/operations", tags=["services"])
    def list_operations(query: Annotated[OperationQuery, Query()], project: Project) -> OperationList:
        """Operations of a service, or of all, with rates, errors and percentiles, and those of the time before."""
        clock, minutes = Clock(), Minutes.of(project, *query.bounds())
        found = operations(engine, minutes, query.service)
        shown = _operations(found[: query.limit], minutes)
        return OperationList(operations=shown, **clock.whole(minutes.bounds, len(shown), len(found), True))

    @made.get("/map", tags=["services"])
    def get_map(query: Annotated[MapQuery, Query()], project: Project) -> ServiceMap:
        """What calls what: services, and the databases, queues and other hosts that they name."""
        clock = Clock()
        rows = Rows(project, "spans", *query.bounds(), without_groups(read(query.q, "spans", limits)))
        focus = None if query.focus is None else Focus(query.focus, query.depth)
        return _map(service_map(engine, rows, most, focus), rows, clock)


def _map(found: Map, rows: Rows, clock: Clock) -> ServiceMap:
    minutes = Minutes.of(rows.project, rows.start, rows.end)
    cut = len(found.nodes) < found.total_nodes
    return ServiceMap(
        scanned=found.scanned,
        one_in=found.one_in,
        limit_name="map_nodes" if cut else None,
        total_edges=found.total_edges,
        unnamed_calls=found.unnamed,
        nodes=[_node(each, minutes) for each in found.nodes],
        edges=[_edge(each, minutes) for each in found.edges],
        **clock.whole((rows.start, rows.end), len(found.nodes), found.total_nodes, found.one_in == 1),
    )


def _node(node: Node, minutes: Minutes) -> MapNode:
    return MapNode(
        id=_name(node.id),
        kind=node.id.kind,  # type: ignore[arg-type]
        name=node.id.name,
        instances=_instances(list(node.instances), minutes),
        **_figures(node.requests, _seconds(minutes)),
    )


def _edge(edge: Edge, minutes: Minutes) -> MapEdge:
    lag = edge.lag
    return MapEdge(
        source=_name(edge.source),
        target=_name(edge.target),
        asynchronous=edge.asynchronous,
        caller=_red(edge.caller, minutes),
        callee=None if edge.callee is None else _red(edge.callee, minutes),
        lag=None if lag is None else Lag(p50=lag.percentile(0.5), p95=lag.percentile(0.95), negative=lag.errors),
    )


def _name(node: NodeId) -> str:
    return f"{node.kind}:{node.name}"


def _operations(found: list[Operation], minutes: Minutes) -> list[OperationFigures]:
    return [
        OperationFigures(
            service=each.service,
            name=each.name,
            kind=kind_word(each.kind),
            before=_red(each.before, minutes.before()),
            **_figures(each.now, _seconds(minutes)),
        )
        for each in found
    ]


def _instances(found: list[tuple[str, Figures]], minutes: Minutes) -> list[InstanceFigures]:
    return [InstanceFigures(instance=name, **_figures(each, _seconds(minutes))) for name, each in found]


def _red(figures: Figures, minutes: Minutes) -> Red:
    return Red(**_figures(figures, _seconds(minutes)))


def _seconds(minutes: Minutes) -> float:
    return max(1, minutes.end - minutes.first) * 60.0


def _figures(figures: Figures, seconds: float) -> dict[str, Any]:
    return {
        "count": figures.spans,
        "error_count": figures.errors,
        "rate": figures.spans / seconds,
        "p50": figures.percentile(0.5),
        "p95": figures.percentile(0.95),
        "p99": figures.percentile(0.99),
    }
