"""Rules on calls that repeat under one span: N+1, identical calls, retries."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.tree import Node

_SPANS_SHOWN: Final = 5


def repeated_calls(subject: Subject) -> list[Finding]:
    """A span that makes the same call five times or more, one after the other, where that costs the trace time."""
    found = []
    for parent, calls in _alike(subject):
        after = [call for before, call in pairwise(calls) if call.span.start >= _end(before)]
        if len(after) + 1 < subject.thresholds.repeated_calls or _retried(calls):
            continue
        share = subject.share(sum(subject.critical_below(call) for call in calls))
        if share >= subject.thresholds.repeated_share:
            usual = subject.usually_calls(parent, calls[0], len(calls))
            found.append(replace(_repeated(parent, calls, share), usual=usual))
    return found


def retries(subject: Subject) -> list[Finding]:
    """A call that was made again after it had failed."""
    found = []
    for parent, calls in _alike(subject):
        if len(calls) < 2 or not _retried(calls):
            continue
        lost = sum(subject.critical_below(call) for call in calls[:-1])
        ended = "failed in the end" if failed(calls[-1].span) else "went well in the end"
        claim = (
            f"{parent.span.service} tried {calls[0].span.name} {len(calls)} times; it {ended}."
            f" The tries before the last took {duration(lost)} of the request."
        )
        callee = next(iter(calls[0].children), calls[0])
        shown = tuple(Shows(call.span.span_id, call.span.status_message or "a try") for call in calls[:_SPANS_SHOWN])
        checks = (f"Why {callee.span.service} failed at first.",)
        found.append(Finding("retry", claim, operation(callee), subject.share(lost), shown, next_checks=checks))
    return found


def _alike(subject: Subject) -> Iterator[tuple[Node, list[Node]]]:
    for parent in subject.nodes:
        groups: dict[tuple[str, str], list[Node]] = defaultdict(list)
        for child in parent.children:
            groups[child.span.service, child.span.name].append(child)
        for calls in groups.values():
            yield parent, calls


def _repeated(parent: Node, calls: list[Node], share: float) -> Finding:
    first = calls[0].span
    same = all(call.span.attributes == first.attributes for call in calls) and bool(first.attributes)
    total = duration(sum(call.span.duration for call in calls))
    kind = "the same call, with equal attributes," if same else "one call after the other:"
    claim = (
        f"{parent.span.name} of {parent.span.service} makes {kind} {first.name} {len(calls)} times, {total} together."
    )
    shown = tuple(Shows(call.span.span_id, duration(call.span.duration)) for call in calls[:_SPANS_SHOWN])
    check = "Ask once and keep the answer." if same else "Whether one call can ask for all of them."
    return Finding("repeated", claim, operation(parent), share, shown, next_checks=(check,))


def _retried(calls: list[Node]) -> bool:
    early, serial = calls[:-1], pairwise(calls)
    return all(failed(call.span) for call in early) and all(
        after.span.start >= _end(before) for before, after in serial
    )


def _end(node: Node) -> int:
    return node.span.start + node.span.duration
