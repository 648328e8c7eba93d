"""What a rule says: this operation deviates, by so much, and why it is its own fault."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from spanwise_collector.diagnose.counts import Edge, Operation
from spanwise_collector.diagnose.features import Moments
from spanwise_collector.diagnose.log_counts import Pattern

Kind: TypeAlias = Literal["slow", "failing", "silent", "overloaded", "changed"]
Rule: TypeAlias = Literal[
    "self_time", "lag", "tail", "outgoing", "ended_early", "ended_after", "errors", "missing", "gone", "stopped",
    "vanished", "new_calls",
    "more_calls",
    "log_errors", "log_named", "log_new", "log_more", "log_gone", "log_silent", "log_gap",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blame:
    """One deviation and the operation that it starts with; `strength` is in spreads of the baseline.

    `measured` is where it was seen: an operation, an edge, or what is logged. `by_records`: `before` and `now` are of
    records, where nothing says how many requests there were.
    """

    culprit: Operation
    rule: Rule
    kind: Kind
    strength: float
    before: Moments
    now: Moments
    measured: Operation | Edge | Pattern
    by_records: bool = False
