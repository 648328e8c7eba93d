"""Culprits as causes: what only reaches a service from another culprit is a symptom of it and no cause."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.diagnose.verdict import Culprit


@dataclass(frozen=True, slots=True)
class Cause:
    """A culprit, and every service that calls it directly or through others: what its trouble may reach."""

    culprit: Culprit
    reached: tuple[str, ...]


def callers(rows: Sequence[Row]) -> Mapping[str, Set[str]]:
    """The services that call each service."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.other_service and row.other_service != row.service:
            found[row.other_service].add(row.service)
    return found


def causes(culprits: Sequence[Culprit], rows: Sequence[Row], thresholds: Thresholds = DEFAULTS) -> list[Cause]:
    """The notable culprits that are not on one path with a stronger one, the strongest first."""
    calling = callers(rows)
    found: list[Cause] = []
    for culprit in culprits:
        if culprit.score < thresholds.notable_score:
            continue
        above = _above(culprit.service, calling)
        if not any(_on_one_path(culprit.service, above, each) for each in found):
            found.append(Cause(culprit, tuple(sorted(above))))
    return found


def _on_one_path(service: str, above: Set[str], known: Cause) -> bool:
    other = known.culprit.service
    return service == other or other in above or service in known.reached


def _above(service: str, calling: Mapping[str, Set[str]]) -> Set[str]:
    found: set[str] = set()
    waiting = [service]
    while waiting:
        for caller in calling.get(waiting.pop(), ()):
            if caller not in found and caller != service:
                found.add(caller)
                waiting.append(caller)
    return found
