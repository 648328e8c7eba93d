"""What was sent, and what came of it: the books that say whether a promise was kept.

A client enters a body *after* its answer: acknowledged, or unknown when the connection broke before one came.
Afterwards every acknowledged body has to be found, each of its spans once; a body of unknown outcome may be
found, but once as well; and nothing else may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.ids import BodyIds


@dataclass(slots=True)
class Ledger:
    """The books of one client, or of several joined. What is acknowledged in the end is not unknown."""

    acknowledged: set[BodyIds] = field(default_factory=set)
    unknown: set[BodyIds] = field(default_factory=set)

    def acknowledge(self, body: BodyIds) -> None:
        """The collector said that it has this body."""
        self.acknowledged.add(body)
        self.unknown.discard(body)

    def doubt(self, body: BodyIds) -> None:
        """It was sent, and no answer came."""
        if body not in self.acknowledged:
            self.unknown.add(body)

    def join(self, others: Iterable[Ledger]) -> Ledger:
        """A new ledger with the entries of this one and of the others."""
        joined = Ledger(set(self.acknowledged), set(self.unknown))
        for other in others:
            joined.acknowledged |= other.acknowledged
            joined.unknown |= other.unknown
        joined.unknown -= joined.acknowledged
        return joined

    def audit(self, found: Mapping[str, int]) -> Audit:
        """Compare with how often each span id was found."""
        owed = _span_ids(self.acknowledged)
        possible = _span_ids(self.unknown)
        return Audit(
            acknowledged=len(owed),
            unknown=len(possible),
            found=Counter(found).total(),
            missing=sorted(owed - found.keys()),
            duplicate=sorted(span for span, count in found.items() if count > 1),
            foreign=sorted(found.keys() - owed - possible),
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """The result; counts are of spans."""

    acknowledged: int
    unknown: int
    found: int
    missing: list[str]
    duplicate: list[str]
    foreign: list[str]

    @property
    def kept(self) -> bool:
        """Whether everything that was owed is there, once, and nothing that was never sent."""
        return not (self.missing or self.duplicate or self.foreign)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged:,} spans acknowledged, {self.unknown:,} of unknown outcome, "
            f"{self.found:,} found: {len(self.missing)} missing, {len(self.duplicate)} duplicate, "
            f"{len(self.foreign)} never sent"
        )


def _span_ids(bodies: Iterable[BodyIds]) -> set[str]:
    return {span for body in bodies for span in body.span_ids()}
