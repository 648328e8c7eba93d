"""What a rule says: this operation deviates, by so much, and why it is its own fault."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from spanwise_collector.diagnose.counts import Edge, Operation
from spanwise_collector.diagnose.features import Moments

Kind: TypeAlias = Literal["slow", "failing", "silent", "overloaded", "changed"]
Rule: TypeAlias = Literal[
    "self_time", "lag", "tail", "outgoing", "ended_early", "ended_after", "errors", "missing", "gone", "more_calls"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blame:
    """One deviation and the operation that it starts with; `strength` is in spreads of the baseline.

    `measured` is where it was seen: an operation, or an edge.
    """

    culprit: Operation
    rule: Rule
    kind: Kind
    strength: float
    before: Moments
    now: Moments
    measured: Operation | Edge
