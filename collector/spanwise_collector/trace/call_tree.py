"""The calls of many traces as one tree: spans are one place where service, operation and all above them agree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.self_time import self_time
from spanwise_collector.trace.tree import Node

Side: TypeAlias = Literal["a", "b"]
SIDES: Final[tuple[Side, Side]] = ("a", "b")


@dataclass(slots=True)
class Calls:
    """What the calls of one place are in one subject (a compared span with all below it): counts, and times in ns."""

    count: int = 0
    duration: int = 0
    self_time: int = 0
    failed: int = 0
    origins: int = 0
    """Failed without a child that failed: where a failure began."""

    def add(self, node: Node) -> None:
        self.count += 1
        self.duration += node.span.duration
        self.self_time += self_time(node)
        self.failed += failed(node.span)
        self.origins += failed(node.span) and not any(failed(child.span) for child in node.children)


@dataclass(slots=True)
class Spot:
    """A place of the merged tree. `parent` is its place in the list, None at the top; calls are by subject's number."""

    service: str
    operation: str
    parent: int | None
    depth: int
    calls: dict[Side, dict[int, Calls]] = field(default_factory=lambda: {"a": {}, "b": {}})
    children: list["Spot"] = field(default_factory=list)


def merged(subjects: dict[Side, Sequence[Node]]) -> list[Spot]:
    """The places of both sides' subjects, parents before children and siblings by service and operation."""
    tops: dict[tuple[str, str], Spot] = {}
    below: dict[tuple[int, str, str], Spot] = {}
    for side in SIDES:
        for number, head in enumerate(subjects[side]):
            spot = tops.setdefault(_name(head), Spot(*_name(head), None, 0))
            waiting = [(head, spot)]
            while waiting:
                node, place = waiting.pop()
                place.calls[side].setdefault(number, Calls()).add(node)
                for child in node.children:
                    key = (id(place), *_name(child))
                    if key not in below:
                        below[key] = Spot(*_name(child), None, place.depth + 1)
                        place.children.append(below[key])
                    waiting.append((child, below[key]))
    return _in_order(tops.values())


def _name(node: Node) -> tuple[str, str]:
    return node.span.service, node.span.name


def _in_order(tops: Iterable[Spot]) -> list[Spot]:
    ordered: list[Spot] = []
    waiting: list[tuple[Spot, int | None]] = [(spot, None) for spot in _backwards(tops)]
    while waiting:
        spot, parent = waiting.pop()
        spot.parent = parent
        waiting += [(child, len(ordered)) for child in _backwards(spot.children)]
        ordered.append(spot)
    return ordered


def _backwards(spots: Iterable[Spot]) -> list[Spot]:
    return sorted(spots, key=lambda spot: (spot.service, spot.operation), reverse=True)
