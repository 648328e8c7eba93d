"""The verdict on a window: who is to blame for what is unusual in it, best first."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.early_ends import callees, early_ends
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.more_calls import more_calls
from spanwise_collector.diagnose.new_errors import new_errors
from spanwise_collector.diagnose.silent_instances import silent_instances
from spanwise_collector.diagnose.slow_edges import slow_edges
from spanwise_collector.diagnose.slow_operations import slow_operations

# A culprit's score is 1 - exp(-strength / this): one spread more than usual scores 0.2, five 0.7, twelve 0.95.
_SCALE: Final = 4.0
NOTABLE: Final = 0.25
"""Below this score nothing stands out."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """An instance with everything that it is blamed for, the strongest first."""

    service: str
    instance: str
    score: float
    blames: tuple[Blame, ...]

    @property
    def leading(self) -> Blame:
        return self.blames[0]


def judge(before: Sequence[Row], now: Sequence[Row]) -> list[Culprit]:
    """Rank the instances of a window by what starts with them, against a baseline.

    Of each rule an instance's strongest deviation counts, and those of different rules add up. The order does not
    depend on that of the rows.
    """
    usual, measured = Counts(before, pooled=True), Counts(now, pooled=False)
    blames = [
        *slow_operations(usual, measured),
        *slow_edges(usual, measured),
        *early_ends(usual, measured),
        *more_calls(usual, measured),
        *silent_instances(before, now),
        *new_errors(usual, measured, callees(usual)),
    ]
    by_instance: dict[tuple[str, str], list[Blame]] = defaultdict(list)
    present = _busiest(before) | _busiest(now)
    for blame in blames:
        service, instance = blame.culprit.service, blame.culprit.instance
        by_instance[service, instance or present.get(service, "")].append(blame)
    culprits = [_culprit(*key, found) for key, found in by_instance.items()]
    return sorted(culprits, key=lambda each: (-each.score, each.service, each.instance))


def _busiest(rows: Sequence[Row]) -> dict[str, str]:
    """The instance of each service with most spans: what is only known of a service is put down to it."""
    spans: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row.what == "end" and not row.other_service:
            spans[row.service, row.instance] += row.n
    return {service: instance for (service, instance), _ in sorted(spans.items(), key=lambda each: (each[1], each[0]))}


def _culprit(service: str, instance: str, blames: list[Blame]) -> Culprit:
    ordered = sorted(blames, key=lambda each: (-each.strength, each.rule, each.culprit, each.measured))
    strongest: dict[str, float] = {}
    for blame in ordered:
        strongest.setdefault(blame.rule, blame.strength)
    score = 1 - math.exp(-math.fsum(strongest.values()) / _SCALE)
    return Culprit(service, instance, score, tuple(ordered))
