"""Clocks of hosts that disagree: estimated from calls between them, as a called span lies within the one that waits."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final, Literal, TypeAlias

from spanwise_collector.model.span import Span
from spanwise_collector.trace.critical_path import handed_over
from spanwise_collector.trace.tree import Node

Hosts: TypeAlias = Mapping[str, tuple[int, tuple[str, ...]]]
"""How many spans each host sent, and of which services; in the order of a trace's spans."""
Evidence: TypeAlias = Literal["begins before its caller", "ends after its caller"]

NOISE: Final = 1_000_000
"""Nanoseconds: browsers and some tracers give whole milliseconds, and a server may end after its answer has left."""
# Of a machine, not of what runs on it: processes of one host share its clock.
HOST: Final = ("host.id", "host.name", "k8s.node.name")


@dataclass(frozen=True, slots=True)
class Clock:
    """A host's clock. `correction` (ns) added to its times gives those of the host `against`, and so of the first host.

    It is within `uncertainty` (ns) of the truth; None where only one side is known. `evidence` is what cannot be unless
    the clocks disagree, seen in `calls` between the two; None: they may agree, and nothing is corrected.
    """

    host: str
    span_count: int
    services: tuple[str, ...]
    correction: int = 0
    uncertainty: int | None = None
    against: str | None = None
    calls: int = 0
    evidence: Evidence | None = None


def host_of(span: Span) -> str:
    """By what the clock of a span is told from others: its machine, else its instance, else its service."""
    attributes = span.resource.attributes
    named = next((text for key in HOST if isinstance(text := attributes.get(key), str) and text), "")
    return named or span.instance or span.service


def clocks(nodes: Sequence[Node]) -> list[Clock]:
    """The clock of every host of a trace, the root's first, then by what they are held against and by name."""
    hosts: dict[str, list[Span]] = defaultdict(list)
    for node in nodes:
        hosts[host_of(node.span)].append(node.span)
    roots = [host_of(node.span) for node in nodes if node.parent is None]
    counted = {host: (len(spans), tuple(sorted({span.service for span in spans}))) for host, spans in hosts.items()}
    return estimated(roots, counted, _pairs(nodes))


def estimated(roots: Sequence[str], hosts: Hosts, pairs: "Pairs") -> list[Clock]:
    """The clocks of all hosts, given those of the roots and what calls say of each two."""
    found: dict[str, Clock] = {}
    # A span without a time connects nothing.
    for first in (*roots, *hosts):
        if first not in found:
            found[first] = _clock(first, hosts[first])
            _reach(first, found, hosts, pairs)
    return list(found.values())


def corrections(found: Iterable[Clock]) -> dict[str, int]:
    """What is to be added to the times of each host."""
    return {clock.host: clock.correction for clock in found}


@dataclass(slots=True)
class Pair:
    """By how much the second host's clock is ahead of the first's: within [low, high], by starts and by ends of calls.

    A start is certain: nobody is called before the call. An end is not: a callee may go on after it has answered.
    """

    low_by_start: float = -math.inf
    high_by_start: float = math.inf
    low_by_end: float = -math.inf
    high_by_end: float = math.inf
    calls: int = 0

    def add(self, parent: Span, child: Span, *, turned: bool, waits: bool) -> None:
        self.calls += 1
        ahead = float(child.start - parent.start)
        behind = float(child.end - parent.end)
        contained = waits and not child.unfinished and not parent.unfinished and child.duration <= parent.duration
        if turned:
            self.low_by_start = max(self.low_by_start, -ahead)
            self.high_by_end = min(self.high_by_end, -behind) if contained else self.high_by_end
        else:
            self.high_by_start = min(self.high_by_start, ahead)
            self.low_by_end = max(self.low_by_end, behind) if contained else self.low_by_end

    def bounds(self) -> tuple[float, float]:
        """The interval of both; of the starts alone where ends contradict them; (-inf, inf) where starts do."""
        low, high = max(self.low_by_start, self.low_by_end), min(self.high_by_start, self.high_by_end)
        if low > high:
            low, high = self.low_by_start, self.high_by_start
        return (low, high) if low <= high else (-math.inf, math.inf)

    def ahead(self) -> tuple[int, int | None, Evidence | None]:
        """By how much (ns), within which error, and what shows it; 0 where the clocks may agree."""
        low, high = self.bounds()
        if low <= NOISE and high >= -NOISE:
            return 0, None, None
        by_start = self.high_by_start < -NOISE or self.low_by_start > NOISE
        evidence: Evidence = "begins before its caller" if by_start else "ends after its caller"
        if math.isinf(low) or math.isinf(high):
            return round(high if math.isinf(low) else low), None, evidence
        return round((low + high) / 2), math.ceil((high - low) / 2), evidence


Pairs: TypeAlias = dict[tuple[str, str], Pair]
"""By the two hosts, the first by name first."""


def _pairs(nodes: Iterable[Node]) -> Pairs:
    found: Pairs = defaultdict(Pair)
    for node in nodes:
        if node.parent is None or not node.span.start or not node.parent.span.start:
            continue
        caller, callee = host_of(node.parent.span), host_of(node.span)
        if caller != callee:
            turned = caller > callee
            pair = found[(callee, caller) if turned else (caller, callee)]
            pair.add(node.parent.span, node.span, turned=turned, waits=not handed_over(node))
    return found


@dataclass(order=True, slots=True)
class _Step:
    """From a host whose correction is known to one that it shares calls with; the narrowest interval first."""

    width: float
    host: str
    known: str
    pair: Pair = field(compare=False)


def _reach(first: str, found: dict[str, Clock], hosts: Hosts, pairs: Pairs) -> None:
    """Add the clocks of all hosts that calls connect with the first."""
    beside: dict[str, list[_Step]] = defaultdict(list)
    for (one, other), pair in pairs.items():
        low, high = pair.bounds()
        beside[one].append(_Step(high - low, other, one, pair))
        beside[other].append(_Step(high - low, one, other, pair))
    waiting = list(beside[first])
    heapify(waiting)
    while waiting:
        step = heappop(waiting)
        if step.host in found:
            continue
        ahead, uncertainty, evidence = step.pair.ahead()
        # Of a pair the second by name is ahead of the first.
        own = -ahead if step.host > step.known else ahead
        known = found[step.known]
        found[step.host] = _clock(
            step.host,
            hosts[step.host],
            correction=known.correction + own,
            uncertainty=uncertainty,
            against=step.known,
            calls=step.pair.calls,
            evidence=evidence,
        )
        for each in beside[step.host]:
            heappush(waiting, each)


def _clock(host: str, sent: tuple[int, tuple[str, ...]], **more: object) -> Clock:
    return Clock(host, *sent, **more)  # type: ignore[arg-type]
