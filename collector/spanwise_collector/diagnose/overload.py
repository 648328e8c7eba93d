"""Overload told from slowness: more calls come than usual, and each takes the longer the more are under way beside it.

A service that became slow by itself is as slow for a call that is alone: that its calls overlap more is then a
consequence, and no cause. So the calls of the window are held against each other, and not against the baseline.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import BUCKETS, Row
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds


@dataclass(frozen=True, slots=True)
class Call:
    """When a call began and how long it took (ns), and whether its span says that it waited (`spanwise.wait`)."""

    start: int
    duration: int
    waited: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """Calls of an operation a second, in the baseline and in the window since something began."""

    usual: float
    now: float

    def risen(self, times: float) -> bool:
        """Whether there are so many times as many as usual."""
        return self.usual > 0 and self.now >= times * self.usual


def rates(before: Sequence[float], now: Sequence[float], first: int, seconds: tuple[float, float]) -> Rates:
    """From counts by slice; `first` is the slice of the window in which it began, `seconds` how long slices last.

    Slices without any call at the beginning and the end of the baseline were not covered, and do not count; nor do
    those beside them, of which a part may not be.
    """
    covered = _covered(before)
    later = now[first:] or now
    usual = sum(covered) / (len(covered) * seconds[0]) if covered else 0.0
    return Rates(usual, sum(later) / (len(later) * seconds[1]))


def by_slice(rows: Sequence[Row], operation: Operation, sample: int = 1) -> list[float]:
    """How often an operation was called in each slice; of any instance where it names none."""
    found = [0.0] * BUCKETS
    for row in rows:
        of_it = (row.service, row.operation) == (operation.service, operation.name)
        if row.what == "end" and not row.other_service and of_it and operation.instance in ("", row.instance):
            found[row.bucket] += row.n * sample
    return found


def _covered(counts: Sequence[float]) -> Sequence[float]:
    present = [at for at, n in enumerate(counts) if n]
    if not present:
        return []
    first, last = present[0], present[-1]
    inner = counts[first + (first > 0) : last + (last == len(counts) - 1)]
    return inner or counts[first : last + 1]


def overloaded(
    found: Rates, calls: Sequence[Call], usually_waiting: float = 0.0, thresholds: Thresholds = DEFAULTS
) -> str | None:
    """Why it is overload, in a sentence; None where it is not. `usually_waiting`: share of calls in the baseline."""
    if not found.risen(thresholds.overload_calls) or len(calls) < thresholds.overload_fewest:
        return None
    more = (
        f"It gets {found.now / found.usual:.1f} times as many calls as usual"
        f" ({found.now:.3g} a second, usually {found.usual:.3g})"
    )
    beside = under_way(calls)
    ordered = sorted(zip(beside, (call.duration for call in calls), strict=True))
    third = max(1, len(ordered) // 3)
    few, many = ordered[:third], ordered[-third:]
    quick, slow = (median(length for _, length in part) for part in (few, many))
    if many[0][0] > few[-1][0] and slow >= thresholds.overload_time * max(quick, 1):
        return (
            f"{more}, and they take longer the more are under way: {duration(quick)} beside"
            f" {few[-1][0]} others or less, {duration(slow)} beside {many[0][0]} or more."
        )
    waiting = sum(call.waited for call in calls) / len(calls)
    if waiting - usually_waiting >= thresholds.overload_waiting:
        return f"{more}, and {waiting:.0%} of them wait for their own process, usually {usually_waiting:.0%}."
    return None


def under_way(calls: Sequence[Call]) -> list[int]:
    """Beside how many others each call began."""
    starts = sorted(call.start for call in calls)
    ends = sorted(call.start + call.duration for call in calls)
    return [bisect_right(starts, call.start) - bisect_right(ends, call.start) - (call.duration > 0) for call in calls]
