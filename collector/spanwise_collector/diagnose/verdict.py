"""The verdict on a window: who is to blame for what is unusual in it, best first."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.early_ends import early_ends, missed
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.log_counts import Logged
from spanwise_collector.diagnose.more_calls import more_calls, new_calls
from spanwise_collector.diagnose.naming import Names
from spanwise_collector.diagnose.new_errors import new_errors
from spanwise_collector.diagnose.requests import requests
from spanwise_collector.diagnose.silent_instances import silent_instances
from spanwise_collector.diagnose.silent_logs import silent_logs
from spanwise_collector.diagnose.silent_services import silent_services
from spanwise_collector.diagnose.slow_edges import slow_edges
from spanwise_collector.diagnose.slow_gaps import slow_gaps
from spanwise_collector.diagnose.slow_operations import slow_operations
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.diagnose.unusual_logs import unusual_logs
from spanwise_collector.diagnose.vanished import put_down

# A culprit's score is 1 - exp(-strength / this): one spread more than usual scores 0.2, five 0.7, twelve 0.95.
_SCALE: Final = 4.0
_LOST: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class Culprit:
    """An instance, or a service ("" for its instance) or an operation, with all its blames, the strongest first."""

    service: str
    instance: str
    score: float
    blames: tuple[Blame, ...]

    @property
    def leading(self) -> Blame:
        return self.blames[0]


def judge(
    before: Sequence[Row],
    now: Sequence[Row],
    logged_before: Logged | None = None,
    logged_now: Logged | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> list[Culprit]:
    """Rank the instances of a window by what starts with them, against a baseline: by its spans and its log records.

    Of each rule an instance's strongest deviation counts, and those of different rules add up. The order does not
    depend on that of the rows.
    """
    usual, measured = Counts(before, pooled=True), Counts(now, pooled=False)
    blames = [
        *slow_operations(usual, measured, thresholds),
        *slow_edges(usual, measured, thresholds),
        *early_ends(usual, measured, thresholds),
        *more_calls(usual, measured, thresholds),
        *new_calls(usual, measured, thresholds),
        *silent_instances(before, now, thresholds),
        *silent_services(before, now, thresholds),
        *new_errors(usual, measured, missed(usual, measured, thresholds), thresholds),
    ]
    if logged_before is not None and logged_now is not None:
        blames += _of_logs(before, now, logged_before, logged_now, thresholds)
    blames = put_down(blames, usual, measured, thresholds)
    by_instance: dict[tuple[str, str], list[Blame]] = defaultdict(list)
    present = _likeliest(_writing(logged_before), _writing(logged_now)) | _likeliest(_sending(before), _sending(now))
    for blame in blames:
        service, instance = blame.culprit.service, blame.culprit.instance
        by_instance[service, instance or present.get(service, "")].append(blame)
    return ranked(weighed(*key, found) for key, found in by_instance.items())


def ranked(culprits: Iterable[Culprit]) -> list[Culprit]:
    """The best first, in an order that is always the same."""
    return sorted(culprits, key=lambda each: (-each.score, each.service, each.instance, each.leading.culprit))


def _of_logs(
    before: Sequence[Row], now: Sequence[Row], logged_before: Logged, logged_now: Logged, thresholds: Thresholds
) -> list[Blame]:
    services = {row.service for row in (*before, *now)}
    names = Names(services | {row.service for row in (*logged_before.rows, *logged_now.rows)})
    by_request = requests(before, now, logged_before, logged_now)
    found = unusual_logs(logged_before, logged_now, by_request, names, thresholds)
    found += slow_gaps(logged_before.gaps, logged_now.gaps, thresholds)
    if not before and not now:
        found += silent_logs(logged_before, logged_now, thresholds)
    return found


def _writing(logged: Logged | None) -> Counter[tuple[str, str]]:
    return Counter() if logged is None else logged.records


def _sending(rows: Sequence[Row]) -> Counter[tuple[str, str]]:
    """Spans by service and instance."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.what == "end" and not row.other_service:
            found[row.service, row.instance] += row.n
    return found


def _likeliest(before: Counter[tuple[str, str]], now: Counter[tuple[str, str]]) -> dict[str, str]:
    """The instance of each service that what is only known of the service is put down to.

    The one that lost most of its share of the service's work, a third at least; else the busiest.
    """
    found: dict[str, str] = {}
    for service in {service for service, _ in before | now}:
        usual = {instance: n for (name, instance), n in before.items() if name == service}
        measured = {instance: n for (name, instance), n in now.items() if name == service}
        all_before, all_now = max(1, sum(usual.values())), max(1, sum(measured.values()))
        lost = {instance: 1 - measured.get(instance, 0) / all_now * all_before / n for instance, n in usual.items()}
        most = max(lost.items(), key=lambda each: (each[1], each[0]), default=("", 0.0))
        busiest = max((measured or usual).items(), key=lambda each: (each[1], each[0]))[0]
        found[service] = most[0] if most[1] >= _LOST and measured else busiest
    return found


def weighed(service: str, instance: str, blames: Sequence[Blame]) -> Culprit:
    """A culprit of its blames: of each rule the strongest counts, and those of different rules add up."""
    ordered = sorted(blames, key=lambda each: (-each.strength, each.rule, each.culprit, repr(each.measured)))
    strongest: dict[str, float] = {}
    for blame in ordered:
        strongest.setdefault(blame.rule, blame.strength)
    score = 1 - math.exp(-math.fsum(strongest.values()) / _SCALE)
    return Culprit(service, instance, score, tuple(ordered))
