"""The counts of one window, arranged for the rules."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from spanwise_collector.diagnose.features import Moments, Row

K = TypeVar("K", bound=Hashable)
Side: TypeAlias = Literal["lag", "tail"]
SIDES: Final[tuple[Side, Side]] = ("lag", "tail")


class Operation(NamedTuple):
    """An operation of one instance; `instance` is "" where those of a service are taken together."""

    service: str
    instance: str
    name: str


class Edge(NamedTuple):
    """Calls that cross from one service to another; an instance is "" where those of a service are taken together."""

    caller: Operation
    callee: Operation


class Counts:
    """One window's rows by what they measure. Of the window that is asked about by instance, of a baseline pooled."""

    def __init__(self, rows: Sequence[Row], *, pooled: bool) -> None:
        self.rows = rows
        self.self_time: Mapping[Operation, Moments]
        self.edges: dict[Side, Mapping[Edge, Moments]]
        self._pooled = pooled
        # Machines and clocks differ: an instance is best held against itself, where the baseline has enough of it.
        self._own = Counts(rows, pooled=False) if pooled else self
        self.self_time = _sum((self.operation(row), _first(row)) for row in rows if row.what == "self")
        edges = [row for row in rows if row.what == "edge"]
        self.edges = {
            "lag": _sum((self.edge(row), _first(row)) for row in edges),
            "tail": _sum((self.edge(row), (row.n, row.b, row.bb)) for row in edges),
        }
        ends = [row for row in rows if row.what == "end"]
        self.called_nothing = _sum((self.operation(row), _first(row)) for row in ends if not row.other_service)
        self.durations = _sum((self.operation(row), (row.n, row.b, row.bb)) for row in ends if not row.other_service)
        self.ended_after = _sum((self.edge(row), _first(row)) for row in ends if row.other_service)
        self.called = _sum((self.edge(row), (row.n, row.b, row.bb)) for row in ends if row.other_service)
        self.unanswered = _sum((self.edge(row), _first(row)) for row in rows if row.what == "site")
        self.reached = _sum((self.edge(row), _first(row)) for row in rows if row.what == "reached")
        self.failed = self._errors(alone=False)
        self.failed_alone = self._errors(alone=True)

    def operation(self, row: Row) -> Operation:
        """The operation that a row is of."""
        return Operation(row.service, "" if self._pooled else row.instance, row.operation)

    def edge(self, row: Row) -> Edge:
        """The edge that a row is of."""
        other = Operation(row.other_service, "" if self._pooled else row.other_instance, row.other_operation)
        return Edge(self.operation(row), other)

    def usual_self_time(self, operation: Operation, enough: int) -> Moments:
        """The self time of an operation in its instance, or in all where that has less than `enough` spans."""
        own = self._own.self_time.get(operation)
        return own if own is not None and own.n >= enough else self.self_time.get(pooled(operation), Moments())

    def usual_edge(self, side: Side, edge: Edge, enough: int) -> Moments:
        """Lag or tail of an edge between its two instances, or between all of both services: less than `enough`."""
        own = self._own.edges[side].get(edge)
        return own if own is not None and own.n >= enough else self.edges[side].get(pooled_edge(edge), Moments())

    def callers(self) -> Mapping[str, set[str]]:
        """The services that call each service over an edge; an empty set for one that nobody calls."""
        found: dict[str, set[str]] = defaultdict(set)
        for edge in self.edges["lag"]:
            found[edge.callee.service].add(edge.caller.service)
        return found

    @property
    def calls(self) -> Mapping[Operation, Moments]:
        """Every operation with the count of its spans."""
        return self.called_nothing

    def _errors(self, *, alone: bool) -> Mapping[Operation, Moments]:
        """Failures that began with an operation; `alone`: of spans without a child, else all the others."""
        found = _sum(
            (self.operation(row), (0, row.b if alone else row.a - row.b, 0.0))
            for row in self.rows
            if row.what == "error"
        )
        return {
            key: Moments(calls.n, found[key].total if key in found else 0.0, found[key].total if key in found else 0.0)
            for key, calls in self.calls.items()
        }


def pooled(key: Operation) -> Operation:
    """The operation in all instances of its service."""
    return Operation(key.service, "", key.name)


def pooled_edge(key: Edge) -> Edge:
    """The edge between all instances of both services."""
    return Edge(pooled(key.caller), pooled(key.callee))


def _first(row: Row) -> tuple[int, float, float]:
    return row.n, row.a, row.aa


def _sum(pairs: Iterable[tuple[K, tuple[int, float, float]]]) -> dict[K, Moments]:
    found: dict[K, Moments] = defaultdict(Moments)
    for key, sums in pairs:
        found[key].add(*sums)
    return dict(found)
