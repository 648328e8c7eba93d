"""What a rule finds in one trace, and what it looks at."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spanwise_collector.diagnose.counts import Counts, Edge, Operation, pooled
from spanwise_collector.diagnose.features import Moments
from spanwise_collector.diagnose.log_counts import LogRow
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.trace.critical_path import critical_path
from spanwise_collector.trace.self_time import self_time
from spanwise_collector.trace.tree import Node


@dataclass(frozen=True, slots=True)
class Deviation:
    """What was measured, what is usual, by how many of its own spreads it deviates, and from how many spans that is.

    Durations are nanoseconds; shares are from 0 to 1.
    """

    value: float
    usual: float
    spreads: float
    n: int


@dataclass(frozen=True, slots=True)
class Shows:
    """A span of the trace, or with its `time` a log record, and what it shows."""

    span_id: str
    text: str
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `share` is of the critical path's time, or of the trace's failures (`share_of`)."""

    rule: str
    claim: str
    culprit: Operation
    share: float
    evidence: tuple[Shows, ...]
    share_of: str = "critical path"
    deviation: Deviation | None = None
    against: tuple[str, ...] = ()
    next_checks: tuple[str, ...] = ()
    usual: bool = False
    """Whether normal traces are like that too: worth knowing, and not what is wrong with this one."""


@dataclass(frozen=True, slots=True)
class UsualLogs:
    """How many of `traces` normal traces have a record of each template, by (service, template)."""

    having: Mapping[tuple[str, str], int] = field(default_factory=dict)
    traces: int = 0


@dataclass(slots=True)
class Subject:
    """A trace as the rules see it: its nodes, what is critical, and what is usual (`traces` is how many that is of).

    `records` are its log records, `first_seen` says since when (ns) each (service, instance) sends.
    """

    nodes: Sequence[Node]
    history: Counts
    traces: int
    records: Sequence[LogRow] = ()
    usual_logs: UsualLogs = field(default_factory=UsualLogs)
    first_seen: Mapping[tuple[str, str], int] = field(default_factory=dict)
    thresholds: Thresholds = DEFAULTS
    critical: dict[int, int] = field(init=False)
    self_times: dict[int, int] = field(init=False)
    total: int = field(init=False)
    _critical_below: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        sections = critical_path(self.nodes)
        lengths: dict[int, int] = defaultdict(int)
        for index, each in sections.items():
            lengths[id(self.nodes[index])] = sum(end - start for start, end in each)
        self.critical = lengths
        self.self_times = {id(node): self_time(node) for node in self.nodes}
        self.total = sum(lengths.values())
        self._critical_below = dict(lengths)
        # Parents come before their children.
        for node in reversed(self.nodes):
            if node.parent is not None and (below := self._critical_below.get(id(node))):
                above = id(node.parent)
                self._critical_below[above] = self._critical_below.get(above, 0) + below

    def share(self, nanoseconds: float) -> float:
        """A time as a share of the critical path, at most all of it."""
        return min(1.0, nanoseconds / self.total) if self.total else 0.0

    def share_of_trace(self, nanoseconds: float) -> float:
        """A time as a share of the whole trace, work that is only handed over included."""
        start = min((node.span.start for node in self.nodes), default=0)
        end = max((node.span.end for node in self.nodes), default=0)
        return min(1.0, max(0.0, nanoseconds) / (end - start)) if end > start else 0.0

    def usually_calls(self, parent: Node, child: Node, times: int) -> bool:
        """Whether the parent's operation calls that of the child as often as this in normal traces."""
        known = self.history.called.get(Edge(pooled(operation(parent)), pooled(operation(child))), Moments())
        most = known.mean + 2 * math.sqrt(known.variance) + 1
        return known.n >= self.thresholds.known_spans and times <= most

    def critical_below(self, node: Node) -> int:
        """Critical nanoseconds of a span and of everything below it."""
        return self._critical_below.get(id(node), 0)


def operation(node: Node) -> Operation:
    """The operation that a span is of."""
    return Operation(node.span.service, node.span.instance, node.span.name)


def crossing(node: Node) -> Node | None:
    """The callee's span where a span has one child only, and that is another service's."""
    if len(node.children) == 1 and node.children[0].span.service != node.span.service:
        return node.children[0]
    return None
