"""Rule: a trace's log records say what those of normal traces do not, or do not say what all of them do."""

from collections import defaultdict
from typing import Final

from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.finding import Deviation, Finding, Shows, Subject
from spanwise_collector.diagnose.log_counts import LogRow, is_bad

_SHOWN: Final = 160


def bad_records(subject: Subject) -> list[Finding]:
    """The templates that tell of trouble and that at most one in fifty normal traces has; the first three."""
    return [_unusual(found, subject, bad=True) for found in _rare(subject, bad=True)]


def new_records(subject: Subject) -> list[Finding]:
    """The other templates that at most one in fifty normal traces has; a trace that took another path has many."""
    return [_unusual(found, subject, bad=False) for found in _rare(subject, bad=False)]


def _rare(subject: Subject, *, bad: bool) -> list[list[LogRow]]:
    known = subject.usual_logs
    if known.traces < subject.thresholds.known_spans:
        return []
    groups: dict[tuple[str, str], list[LogRow]] = defaultdict(list)
    for record in subject.records:
        groups[record.service, record.template].append(record)
    rare = [
        found
        for key, found in groups.items()
        if known.having.get(key, 0) <= subject.thresholds.log_rare * known.traces
        and is_bad(max(each.severity for each in found), found[0].text) is bad
    ]
    return sorted(rare, key=lambda found: (found[0].time, found[0].service, found[0].template))[
        : subject.thresholds.log_templates
    ]


def missing_records(subject: Subject) -> list[Finding]:
    """The templates that all but one in fifty normal traces have, and this one has not."""
    known = subject.usual_logs
    if known.traces < subject.thresholds.known_spans or not subject.records:
        return []
    there = {(record.service, record.template) for record in subject.records}
    missing = sorted(
        key for key, n in known.having.items() if n >= subject.thresholds.log_common * known.traces and key not in there
    )
    return [_missing(service, template, subject) for service, template in missing[: subject.thresholds.log_templates]]


def _unusual(found: list[LogRow], subject: Subject, *, bad: bool) -> Finding:
    first = found[0]
    n, known = subject.usual_logs.having.get((first.service, first.template), 0), subject.usual_logs.traces
    return Finding(
        rule="log_error" if bad else "log_new",
        claim=f"{first.service} logged “{_short(first.text)}”, as {n:,} of {known:,} normal traces do.",
        culprit=Operation(first.service, first.instance, ""),
        share=0.0,
        evidence=tuple(Shows(each.span_id, _short(each.text), each.time) for each in found[:3]),
        deviation=Deviation(1.0, n / known, 0.0, known),
        against=() if bad else ("What is rare need not be wrong.",),
        next_checks=("The records before it in the same instance.",),
    )


def _missing(service: str, template: str, subject: Subject) -> Finding:
    share = subject.usual_logs.having[service, template] / subject.usual_logs.traces
    return Finding(
        rule="log_missing",
        claim=f"{service} did not log “{_short(template)}”, as {share:.0%} of normal traces do.",
        culprit=Operation(service, "", ""),
        share=0.0,
        evidence=(),
        deviation=Deviation(0.0, share, 0.0, subject.usual_logs.traces),
        against=("Its records may still be on their way.",),
        next_checks=(f"Whether the request came as far as that in {service}.",),
    )


def _short(text: str) -> str:
    first = text.split("\n", 1)[0]
    return first if len(first) <= _SHOWN else f"{first[:_SHOWN]}…"
