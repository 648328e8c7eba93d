"""What differs between the call trees of two sets: each place with its change and its share of the difference."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Literal, TypeAlias

from spanwise_collector.trace.call_tree import Calls, Side, Spot

Kind: TypeAlias = Literal[
    "new", "gone", "failing more", "failing less", "slower", "faster", "called more often", "called less often"
]
Typical: TypeAlias = Literal["mean", "median"]

_ERRORS_OFF: Final = 2.0
# A tenth more is no news (ADR-0040); of single traces nothing shorter than clocks and schedulers make by themselves.
_NO_NEWS: Final = 0.1
_NOISE: Final = 100_000
_TIMED: Final = ("new", "gone", "slower", "faster", "called more often", "called less often")
_FAILING: Final = ("failing more", "failing less")


@dataclass(frozen=True, slots=True)
class Figures:
    """A place in one set: the share of subjects that have it; calls a subject; per call ns and the share that failed.

    `time` is self time and `failures` failures that began there, both a subject.
    """

    present: float
    calls: float
    duration: float
    self_time: float
    failed: float
    time: float
    failures: float


@dataclass(slots=True)
class Change:
    """A place, its figures in both sets, and what changed, the weightiest first; `share` from 0 to 1."""

    spot: Spot
    a: Figures
    b: Figures
    kinds: list[Kind] = field(default_factory=list)
    share_of_time: float = 0.0
    share_of_failures: float = 0.0

    @property
    def share(self) -> float:
        """Of the difference in time or in failures, whichever it has more of; only what is no chance counts."""
        timed = self.share_of_time if any(kind in _TIMED for kind in self.kinds) else 0.0
        return max(timed, self.share_of_failures if any(kind in _FAILING for kind in self.kinds) else 0.0)


def changes(spots: Sequence[Spot], n: dict[Side, int], usual: Typical = "mean") -> list[Change]:
    """Judge each place, in the order of `spots`. `usual` is how times and calls of many subjects become one of `b`."""
    found = [
        Change(spot, _figures(spot.calls["a"], n["a"], "mean"), _figures(spot.calls["b"], n["b"], usual))
        for spot in spots
    ]
    time = sum(abs(each.a.time - each.b.time) for each in found)
    failures = sum(abs(each.a.failures - each.b.failures) for each in found)
    for each in found:
        each.kinds = _kinds(each, n)
        each.share_of_time = abs(each.a.time - each.b.time) / time if time else 0.0
        each.share_of_failures = abs(each.a.failures - each.b.failures) / failures if failures else 0.0
    return found


def _figures(calls: dict[int, Calls], n: int, usual: Typical) -> Figures:
    count = sum(each.count for each in calls.values())
    typical = _mean if usual == "mean" else median
    absent = [0] * (n - len(calls))

    def a_subject(of: Callable[[Calls], int]) -> float:
        return float(typical([*map(of, calls.values()), *absent])) if n else 0.0

    def a_call(of: Callable[[Calls], int]) -> float:
        if usual == "mean":
            return sum(map(of, calls.values())) / count if count else 0.0
        return float(median(of(each) / each.count for each in calls.values())) if calls else 0.0

    return Figures(
        present=len(calls) / n if n else 0.0,
        calls=a_subject(lambda each: each.count),
        duration=a_call(lambda each: each.duration),
        self_time=a_call(lambda each: each.self_time),
        failed=sum(each.failed for each in calls.values()) / count if count else 0.0,
        time=a_subject(lambda each: each.self_time),
        failures=sum(each.origins for each in calls.values()) / n if n else 0.0,
    )


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)


def _kinds(change: Change, n: dict[Side, int]) -> list[Kind]:
    a, b = change.spot.calls["a"], change.spot.calls["b"]
    if not n["a"] or not n["b"]:
        return []
    if not a or not b:
        return [("new" if a else "gone")] if _shares_differ(len(a), n["a"], len(b), n["b"]) else []
    found: list[Kind] = []
    failed = (sum(1 for each in a.values() if each.failed), sum(1 for each in b.values() if each.failed))
    if _shares_differ(failed[0], len(a), failed[1], len(b)):
        found.append("failing more" if failed[0] / len(a) > failed[1] / len(b) else "failing less")
    single = n["a"] == n["b"] == 1
    times = [[each.self_time // each.count for each in calls.values()] for calls in (a, b)]
    if _means_differ(times[0], times[1], change.a.self_time, change.b.self_time, _NOISE if single else 0):
        found.append("slower" if change.a.self_time > change.b.self_time else "faster")
    counts = [
        [*(each.count for each in calls.values()), *[0] * (n[side] - len(calls))]
        for side, calls in change.spot.calls.items()
    ]
    if _means_differ(counts[0], counts[1], change.a.calls, change.b.calls, 0):
        found.append("called more often" if change.a.calls > change.b.calls else "called less often")
    return found


def _shares_differ(a: int, n_a: int, b: int, n_b: int) -> bool:
    """Whether two shares differ by more than twice the standard error that they would have if they were one."""
    if n_a == n_b == 1:
        return a != b
    pooled = (a + b + 0.5) / (n_a + n_b + 1)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    return abs(a / n_a - b / n_b) > _ERRORS_OFF * error


def _means_differ(a: Sequence[int], b: Sequence[int], usual_a: float, usual_b: float, noise: int) -> bool:
    """Whether two means differ by more than two standard errors and a tenth; one value has the spread of the others."""
    spread_a, spread_b = _variance(a), _variance(b)
    if len(a) == 1 or len(b) == 1:
        spread_a = spread_b = max(spread_a, spread_b)
    error = math.sqrt(spread_a / len(a) + spread_b / len(b))
    return abs(usual_a - usual_b) > _ERRORS_OFF * error + max(_NO_NEWS * usual_b, noise)


def _variance(values: Sequence[int]) -> float:
    """Exact sums, so that the order of the values does not matter."""
    n, total = len(values), sum(values)
    return max(0.0, (n * sum(each * each for each in values) - total * total) / (n * n))
