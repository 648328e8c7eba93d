"""Rule: an instance says what it did not, or no longer says what it did, for as many requests.

What a process says when it starts, a reload or a stop (a burst of records that belong to no request), and what a
service says that the baseline does not know, is no news unless it tells of trouble.
What tells of trouble counts most, where it is the first of its trace to do so. What names another service is put down
to that one, less what that one puts down to others.
"""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Final

from spanwise_collector.diagnose.blame import Blame, Kind, Rule
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import STRONGEST, Moments, rise
from spanwise_collector.diagnose.log_counts import Logged, Pattern, by_service, is_bad
from spanwise_collector.diagnose.naming import Names
from spanwise_collector.diagnose.requests import Requests
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

_NEW_WEIGHT: Final = 0.3
_MORE_WEIGHT: Final = 0.15
_GONE_WEIGHT: Final = 0.5
# Who complains of another may be wrong about it, or may itself ask for what cannot be.
_REPORTERS_SHARE: Final = 0.3
_UNANSWERED: Final = (
    "timeout",
    "timed out",
    "no answer",
    "refused",
    "unreachable",
    "unavailable",
    "reset",
    "not answer",
)
# Who sends the same again at once brings the other down by it.
_REPEATERS_SHARE: Final = 0.7
_LEAST_FIRST: Final = 0.4
# What may be as usual as not: by itself it is listed, and stays below the score from which anybody is named.
_UNSURE_WEIGHT: Final = 0.125


def unusual_logs(
    before: Logged, now: Logged, by_request: Requests, names: Names, thresholds: Thresholds = DEFAULTS
) -> list[Blame]:
    """Every template that an instance logs more or less often by request than it did, as blame."""
    usual = before.pooled()
    found: list[Blame] = []
    trouble: list[tuple[Blame, str | None]] = []
    bursts = now.bursts()
    known = _known(before, by_request, thresholds)
    for pattern, n in now.counts.items():
        old = usual[pattern.service, pattern.template]
        strength, moments = _risen(pattern, old, n, by_request, thresholds)
        if n < thresholds.log_records or strength <= 0:
            continue
        if is_bad(now.severities[pattern], pattern.template):
            if not old and pattern.service not in known and _may_be_usual(pattern, before, by_request):
                strength *= _UNSURE_WEIGHT
            other = names.named(now.texts[pattern] or pattern.template, pattern.service)
            trouble.append((_blame(pattern, "log_errors", strength, moments, by_request), other))
        elif pattern not in bursts and pattern.service in known:
            found.append(_blame(pattern, "log_more" if old else "log_new", strength, moments, by_request))
    return found + _of_trouble(trouble, now, thresholds) + _gone(before, now, by_request, known, thresholds)


def _known(before: Logged, by_request: Requests, thresholds: Thresholds) -> set[str]:
    """Services of which the baseline says what is usual: they had requests or, where nobody counts them, records."""
    written = by_service(before.records)
    return {
        service
        for service in by_request.before
        if written[service] >= (thresholds.history_traces if service in by_request.by_records else 1)
        or (service in by_request.traced and service not in by_request.by_records)
    }


def _may_be_usual(pattern: Pattern, before: Logged, by_request: Requests) -> bool:
    """Of a service that the baseline hardly knows: whether it said so before that, or nobody knows what it says.

    One that was heard of, and never so, says something new.
    """
    if pattern.service not in by_request.by_records:
        return False
    heard_of = pattern.service in by_request.traced or pattern.service in before.earlier
    return not heard_of or pattern.template in before.earlier.get(pattern.service, ())


def _of_trouble(trouble: list[tuple[Blame, str | None]], now: Logged, thresholds: Thresholds) -> list[Blame]:
    """What tells of trouble, on the side that it speaks against.

    A complaint of another speaks against that one, the more so the less that one itself complains of others; but who
    complains several times in a trace asks again and again. What an instance says besides its complaints may come of
    what it complains of, and counts less where others spoke first.
    """
    named: dict[str, list[Blame]] = defaultdict(list)
    reported: dict[str, float] = defaultdict(float)
    found: list[Blame] = []
    for blame, other in trouble:
        if other is not None:
            reported[blame.culprit.service] = max(reported[blame.culprit.service], blame.strength)
    for blame, other in trouble:
        assert isinstance(blame.measured, Pattern)
        if other is None:
            left = blame.strength - reported[blame.culprit.service]
            found.append(replace(blame, strength=max(0.0, left) * _first(blame.measured, now)))
            continue
        again = _in_a_trace(blame.measured, now) >= thresholds.log_again
        share = _REPEATERS_SHARE if again else _REPORTERS_SHARE
        found.append(replace(blame, strength=blame.strength * share))
        unanswered = any(word in blame.measured.template.lower() for word in _UNANSWERED)
        kind: Kind = "silent" if unanswered else "failing"
        strength = blame.strength * (1 - _REPEATERS_SHARE if again else 1.0)
        culprit = Operation(other, "", "")
        named[other].append(replace(blame, culprit=culprit, rule="log_named", kind=kind, strength=strength))
    for service, blames in named.items():
        most = max(blames, key=lambda each: (each.strength, each.measured))
        found.append(replace(most, strength=most.strength - reported.get(service, 0.0)))
    return [blame for blame in found if blame.strength > 0]


def _first(pattern: Pattern, now: Logged) -> float:
    """1 where an instance is always the first of a trace to tell of trouble, and less the more often another is.

    Never nothing: clocks differ, and what takes a millisecond is written in any order.
    """
    known = now.origins.get(pattern)
    return 1.0 if known is None else _LEAST_FIRST + (1 - _LEAST_FIRST) * known.first / known.traces


def _in_a_trace(pattern: Pattern, now: Logged) -> float:
    known = now.origins.get(pattern)
    return 1.0 if known is None else now.counts[pattern] / known.traces


def _gone(before: Logged, now: Logged, by_request: Requests, known: Set[str], thresholds: Thresholds) -> list[Blame]:
    """Templates that came with most requests and do not any more.

    Of a service whose requests nobody counted those that came all the time: what it does by turns it says by turns.
    """
    found = []
    lasting = before.lasting()
    complaints = {(each.service, each.template) for each, n in before.severities.items() if is_bad(n, each.template)}
    for (service, template), old in before.pooled(without=before.bursts()).items():
        if (service, template) in complaints:
            continue
        if old < thresholds.log_usual_share * by_request.before[service]:
            continue
        if service not in known or (service in by_request.by_records and (service, template) not in lasting):
            continue
        for (name, instance), counted in by_request.now.items():
            pattern = Pattern(service, instance, template)
            if name != service:
                continue
            requests = min(counted, by_request.between(service, instance, old)[0])
            if not requests:
                continue
            usual, measured = by_request.before[service], now.counts.get(pattern, 0)
            absent_before, absent = max(0, usual - old), max(0, requests - measured)
            moments = Moments(usual, absent_before, absent_before), Moments(requests, absent, absent)
            strength = rise(*moments, thresholds) * STRONGEST * _GONE_WEIGHT
            if strength > 0:
                shown = Moments(usual, usual - absent_before), Moments(requests, requests - absent)
                found.append(_blame(pattern, "log_gone", strength, shown, by_request))
    return found


def _risen(
    pattern: Pattern, old: int, n: int, by_request: Requests, thresholds: Thresholds
) -> tuple[float, tuple[Moments, Moments]]:
    """By how much the share of requests with such a record rose, by requests and by time, whichever is less."""
    key = pattern.service, pattern.instance
    usual = by_request.before[pattern.service]
    before = Moments(max(usual, 1), min(old, usual), min(old, usual))
    known = (by_request.now[key], by_request.now_by_time[key], by_request.between(*key, old)[1])
    counts = [max(each, n) for each in known]
    shown = before if usual else Moments()
    if not usual:
        # A service that was not there before, or said nothing: only what it says of trouble is news.
        before = Moments(counts[0], 0, 0)
    return (
        min(rise(before, Moments(each, min(n, each), min(n, each)), thresholds) for each in counts) * STRONGEST,
        (shown, Moments(counts[0], n, n)),
    )


_KINDS: Final[Mapping[Rule, Kind]] = {
    "log_errors": "failing",
    "log_new": "changed",
    "log_more": "changed",
    "log_gone": "changed",
}
_WEIGHTS: Final[Mapping[Rule, float]] = {"log_new": _NEW_WEIGHT, "log_more": _MORE_WEIGHT}


def _blame(
    pattern: Pattern, rule: Rule, strength: float, moments: tuple[Moments, Moments], by_request: Requests
) -> Blame:
    culprit = Operation(pattern.service, pattern.instance, "")
    by_records = pattern.service in by_request.by_records
    return Blame(culprit, rule, _KINDS[rule], strength * _WEIGHTS.get(rule, 1.0), *moments, pattern, by_records)
