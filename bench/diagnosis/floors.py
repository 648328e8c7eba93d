"""What is had for nothing: trivial ways to name a culprit, and the rank that a method gives it."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from bench.diagnosis.recorded import Span

_FEWEST: Final = 5
FLOORS: Final = ("most self time", "ratio of self time", "deviation of an operation", "most errors", "deepest error")
NOT_NAMED: Final = 1_000
Scores: TypeAlias = Mapping[str, float]


def rank(scores: Scores, culprit: str) -> int:
    """The culprit's place; whoever has the same score is put before it. NOT_NAMED where it has none."""
    own = scores.get(culprit)
    if own is None:
        return NOT_NAMED
    return 1 + sum(score >= own for service, score in scores.items() if service != culprit)


def shares(ranks: Sequence[int]) -> str:
    """How many percent of the ranks are 1, 3 and 5 or better."""
    if not ranks:
        return "-"
    return " / ".join(f"{100 * sum(rank <= limit for rank in ranks) / len(ranks):.0f}" for limit in (1, 3, 5))


def self_times(spans: Sequence[Span]) -> dict[tuple[str, str], list[int]]:
    """The self times of each service's operations."""
    children = defaultdict(list)
    for each in spans:
        children[each.trace, each.parent].append((each.start, each.end))
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in spans:
        reached, covered = each.start, 0
        for start, end in sorted(children.get((each.trace, each.span), ())):
            covered += max(0, min(end, each.end) - max(start, reached))
            reached = max(reached, min(end, each.end))
        found[each.service, each.name].append(max(0, each.end - each.start - covered))
    return found


def floors(before: Sequence[Span], now: Sequence[Span]) -> dict[str, Scores]:
    """Each trivial method's score of every service."""
    usual, measured = self_times(before), self_times(now)
    total: dict[str, float] = defaultdict(float)
    usual_total: dict[str, float] = defaultdict(float)
    deviation: dict[str, float] = defaultdict(float)
    for (service, _), values in usual.items():
        usual_total[service] += sum(values)
    for (service, operation), values in measured.items():
        total[service] += sum(values)
        old = usual.get((service, operation), [])
        if len(old) >= _FEWEST:
            spread = statistics.stdev(old) or 1.0
            deviation[service] = max(deviation[service], abs(statistics.fmean(values) - statistics.fmean(old)) / spread)
    ratio = {service: time / usual_total[service] for service, time in total.items() if usual_total.get(service)}
    failed = Counter(each.service for each in now if each.error)
    return dict(zip(FLOORS, (total, ratio, deviation, failed, _deepest(now)), strict=True))


def _deepest(spans: Sequence[Span]) -> Scores:
    """In how many traces the failed span that lies deepest is a service's."""
    parents = {(each.trace, each.span): each.parent for each in spans}
    deepest: dict[int, tuple[int, str]] = {}
    for each in spans:
        if each.error:
            depth, above = 0, each.parent
            while above:
                depth, above = depth + 1, parents.get((each.trace, above), 0)
            deepest[each.trace] = max(deepest.get(each.trace, (-1, "")), (depth, each.service))
    return Counter(service for _, service in deepest.values())
