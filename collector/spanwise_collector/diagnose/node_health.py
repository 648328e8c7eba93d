"""How each node is, and why: against its siblings, against itself before, and against who should be there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from spanwise_collector.diagnose.claims import duration

State: TypeAlias = Literal[
    "ok", "slow", "failing", "silent", "replaced", "overloaded", "registered, silent", "unregistered"
]
# The state of a node is the first of what was found.
_WEIGHT: Final[tuple[State, ...]] = (
    "registered, silent", "silent", "failing", "overloaded", "slow", "unregistered", "replaced", "ok",
)  # fmt: skip

_SECOND: Final = 1_000_000_000
FEWEST: Final = 20
"""Requests of a node below which neither its durations nor its failures say anything."""
_FEWEST_OTHERS: Final = 30
_OTHERS_SLOWEST: Final = 0.9
_SLOW_SHARE: Final = 0.5
_FAILING_SHARE: Final = 0.05
_BUSIER: Final = 1.5
_SHORTEST_SILENCE: Final = 120 * _SECOND
_MISSED: Final = 20
_TAKES_OVER: Final = 600 * _SECOND


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests (spans by which work enters) of one operation: how many, how many failed, their histogram."""

    requests: int = 0
    errors: int = 0
    buckets: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """One running copy of a service. `first` and `last`: of all that it sent; `since`: of what the range holds.

    `sent` counts spans and records of the range; `now` and `before` (as long a time, right before) are by operation.
    """

    service: str
    instance: str
    names: frozenset[str] = frozenset()
    first: int = 0
    last: int = 0
    since: int = 0
    sent: int = 0
    now: Mapping[str, Traffic] = field(default_factory=dict)
    before: Mapping[str, Traffic] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(each.requests for each in self.now.values())

    @property
    def errors(self) -> int:
        return sum(each.errors for each in self.now.values())


@dataclass(frozen=True, slots=True)
class Found:
    """A state, and in a sentence why."""

    state: State
    why: str


def health(nodes: Sequence[Node], end: int) -> list[list[Found]]:
    """What was found of each node, the weightiest first; nothing where it is well. `end` of the range, in ns."""
    members: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        members[node.service].append(node)
    services = {name: _Service(each, end) for name, each in members.items()}
    return [
        in_order((*_silence(node, of), *_failures(node), *_slowness(node, of)))
        for node in nodes
        for of in (services[node.service],)
    ]


class _Service:
    """All nodes of a service, summed once."""

    def __init__(self, nodes: Sequence[Node], end: int) -> None:
        self.nodes = nodes
        self.end = end
        silent = [node for node in nodes if is_silent(node, end)]
        alive = [node for node in nodes if not is_silent(node, end)]
        self.alive = len(alive)
        self.successors = _successors(silent, alive)
        self.requests = sum(node.requests for node in nodes)
        self._buckets: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for node in nodes:
            for name, traffic in node.now.items():
                for bucket, count in traffic.buckets.items():
                    self._buckets[name][bucket] += count

    def siblings(self, node: Node, operation: str) -> dict[int, int]:
        """The histogram of an operation in all other nodes."""
        mine = node.now[operation].buckets
        return {bucket: count - mine.get(bucket, 0) for bucket, count in self._buckets[operation].items()}


def worst(found: Iterable[Found]) -> State:
    """The state that a node is shown in."""
    return min((each.state for each in found), key=weight, default="ok")


def weight(state: State) -> int:
    """By which states are sorted: the weightiest is least."""
    return _WEIGHT.index(state)


def in_order(found: Iterable[Found]) -> list[Found]:
    """The weightiest first."""
    return sorted(found, key=lambda each: weight(each.state))


def is_silent(node: Node, end: int) -> bool:
    """Whether a node has sent nothing for two minutes, and for twenty times as long as it usually takes it."""
    return end - node.last > max(_SHORTEST_SILENCE, _MISSED * _interval(node))


def _interval(node: Node) -> int:
    return (node.last - node.since) // max(1, node.sent - 1)


def _long(nanoseconds: int) -> str:
    minutes = nanoseconds / (60 * _SECOND)
    if minutes < 2:
        return duration(nanoseconds)
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def _successors(silent: Sequence[Node], alive: Sequence[Node]) -> dict[int, Node]:
    """Who began when a silent node ended, each for one."""
    free = sorted(alive, key=lambda node: (node.first, node.instance))
    found: dict[int, Node] = {}
    for node in sorted(silent, key=lambda node: (node.last, node.instance)):
        after = [each for each in free if node.first < each.first and abs(each.first - node.last) <= _TAKES_OVER]
        if after:
            found[id(node)] = after[0]
            free.remove(after[0])
    return found


def _silence(node: Node, of: _Service) -> Iterable[Found]:
    if not is_silent(node, of.end):
        return
    successor = of.successors.get(id(node))
    since = f"It has sent nothing for {_long(of.end - node.last)}"
    if successor is not None:
        yield Found("replaced", f"{since}; {successor.instance or successor.service} began when it ended.")
        return
    usual = f", and sent something every {_long(_interval(node))} before" if node.sent > 1 else ""
    others = f"{of.alive} of its siblings {'goes' if of.alive == 1 else 'go'} on"
    rest = others if of.alive else "no other instance of its service goes on"
    yield Found("silent", f"{since}{usual}; {rest}.")


def _failures(node: Node) -> Iterable[Found]:
    n, errors = node.requests, node.errors
    if n >= FEWEST and errors >= _FAILING_SHARE * n:
        yield Found("failing", f"{errors / n:.0%} of its {n:,} requests fail.")


def _slowness(node: Node, of: _Service) -> Iterable[Found]:
    above, n = _above(node, {name: of.siblings(node, name) for name in node.now})
    than = "its siblings'"
    if n < FEWEST:
        above, n = _above(node, {name: traffic.buckets for name, traffic in node.before.items()})
        than = "its own in the time before"
    if n < FEWEST or above < _SLOW_SHARE * n:
        return
    slow = f"{above / n:.0%} of its {n:,} requests take longer than nine in ten of {than}"
    more = _busier(node, of)
    yield Found("overloaded", f"{slow}, and it has {more}.") if more else Found("slow", f"{slow}.")


def _above(node: Node, theirs: Mapping[str, Mapping[int, int]]) -> tuple[int, int]:
    """How many requests took longer than nine in ten of others for the same operation, and of how many."""
    above = n = 0
    for name, traffic in node.now.items():
        others = theirs.get(name, {})
        if sum(others.values()) >= _FEWEST_OTHERS:
            bound = _bound(others)
            above += sum(count for bucket, count in traffic.buckets.items() if bucket > bound)
            n += sum(traffic.buckets.values())
    return above, n


def _bound(buckets: Mapping[int, int]) -> int:
    """The bucket in which nine in ten have ended."""
    wanted, reached = _OTHERS_SLOWEST * sum(buckets.values()), 0
    for bucket in sorted(buckets):
        reached += buckets[bucket]
        if reached >= wanted:
            return bucket
    return 0


def _busier(node: Node, of: _Service) -> str:
    before = sum(each.requests for each in node.before.values())
    if before >= _FEWEST_OTHERS and node.requests >= _BUSIER * before:
        return f"{node.requests / before:.1f} times as many requests as in the time before"
    others = len(of.nodes) - 1
    usual = (of.requests - node.requests) / others if others else 0.0
    if usual >= _FEWEST_OTHERS and node.requests >= _BUSIER * usual:
        return f"{node.requests / usual:.1f} times as many requests as its siblings"
    return ""
