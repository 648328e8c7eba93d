"""What is counted of a window, and how sums become a mean with its spread."""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from spanwise_collector.diagnose.thresholds import Thresholds

BUCKETS: Final = 12
"""Into how many slices of equal length a window is cut, to see when something began."""

OFFSET: Final = 100_000
"""Nanoseconds added to a duration before its logarithm is taken: what is shorter is noise of clocks and schedulers."""

What: TypeAlias = Literal["self", "edge", "end", "site", "reached", "error", "gap"]


@dataclass(frozen=True, slots=True)
class Row:
    """Sums over the spans of one operation in one slice of the window.

    `what` says of what: "self" self time (`a`); "edge" lag (`a`) and tail (`b`) between a span and the only child that
    it has, which is the other service's; "end" whether the other operation, in one of its children, was the last that
    it called (`a`; with no other: whether it called nothing), and how
    often it called it (`b`; with no other: how long it took); "site" whether a call that may cross over, from the place
    that the other operation names, called nothing (`a`); "reached" that calls from such a place (then
    the operation) arrived at the other one; "error" whether it failed and no child of it did (`a`;
    `b`: and had no child); "gap" time (`a`) since the record of the other service before it in its trace, operations
    being what the records say. Durations are natural logarithms of nanoseconds.
    `aa` and `bb` are sums of squares.
    """

    service: str
    instance: str
    operation: str
    what: What
    other_service: str
    other_instance: str
    other_operation: str
    bucket: int
    n: int
    a: float
    aa: float = 0.0
    b: float = 0.0
    bb: float = 0.0
    trace_id: str = ""
    span_id: str = ""


@dataclass(slots=True)
class Moments:
    """A count with its sum and its sum of squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, n: int, total: float, squares: float) -> None:
        self.n += n
        self.total += total
        self.squares += squares

    @property
    def mean(self) -> float:
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        return max(0.0, self.squares / self.n - self.mean**2) if self.n else 0.0


STRONGEST: Final = 8.0
"""Beyond this many spreads a deviation counts no more: an operation is not to win by being regular."""


def shift(before: Moments, now: Moments, thresholds: Thresholds) -> float:
    """By how many of its own spreads a measure rose, less twice the standard error; 0 where it is too rare to say."""
    if _too_few(before, now, thresholds):
        return 0.0
    spread = math.sqrt(before.variance) + thresholds.granted_spread + thresholds.granted_to_few / before.n
    error = math.sqrt(spread**2 / before.n + now.variance / now.n)
    risen = (now.mean - before.mean - thresholds.standard_errors * error) / spread
    return min(max(0.0, risen), STRONGEST)


def rise(before: Moments, now: Moments, thresholds: Thresholds) -> float:
    """By how much a share of calls rose, from 0 to 1, less twice the standard error; 0 where that may be chance."""
    if _too_few(before, now, thresholds):
        return 0.0
    # A share that was never seen is still taken as once in one call more than there were.
    old = (before.total + 0.5) / (before.n + 1)
    pooled = (before.total + now.total + 0.5) / (before.n + now.n + 1)
    error = math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / before.n + 1 / now.n))
    return max(0.0, now.mean - old - thresholds.standard_errors * error)


def _too_few(before: Moments, now: Moments, thresholds: Thresholds) -> bool:
    return before.n < thresholds.baseline_spans or now.n < thresholds.window_spans
