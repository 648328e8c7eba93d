"""Rule: a span waits for the slowest of many calls that it makes at once."""

from collections import defaultdict
from statistics import median

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.trace.tree import Node


def fan_outs(subject: Subject) -> list[Finding]:
    """Eight calls or more of one kind at once, of which the slowest takes twice the middle one's time or more."""
    found = []
    limits = subject.thresholds
    many, ratio, share = limits.fan_out_calls, limits.fan_out_ratio, limits.fan_out_share
    for parent in subject.nodes:
        groups: dict[str, list[Node]] = defaultdict(list)
        for child in parent.children:
            groups[child.span.name].append(child)
        for calls in groups.values():
            if len(calls) < many or _at_once(calls) < many:
                continue
            slowest = max(calls, key=lambda each: (each.span.duration, each.span.span_id))
            middle = median(each.span.duration for each in calls)
            lost = min(slowest.span.duration - middle, subject.critical_below(slowest))
            if slowest.span.duration >= ratio * middle and subject.share(lost) >= share:
                found.append(_finding(parent, calls, slowest, middle, lost, subject))
    return found


def _at_once(calls: list[Node]) -> int:
    """The most of them that run at any moment."""
    moments = sorted(
        [(each.span.start, 1) for each in calls] + [(each.span.end, -1) for each in calls],
    )
    running = most = 0
    for _, change in moments:
        running += change
        most = max(most, running)
    return most


def _finding(parent: Node, calls: list[Node], slowest: Node, middle: float, lost: float, subject: Subject) -> Finding:
    callee = next((each for each in slowest.children if each.span.service != slowest.span.service), slowest)
    return Finding(
        rule="fan_out",
        claim=f"{parent.span.name} of {parent.span.service} waits for the slowest of {len(calls)} calls at once:"
        f" {slowest.span.name} took {duration(slowest.span.duration)}, the middle one {duration(middle)}.",
        culprit=operation(callee),
        share=subject.share(lost),
        evidence=(
            Shows(slowest.span.span_id, f"the slowest, {duration(slowest.span.duration)}"),
            Shows(parent.span.span_id, f"{len(calls)} calls"),
        ),
        against=("Of many calls one is always the slowest.",),
        usual=subject.usually_calls(parent, calls[0], len(calls)),
        next_checks=(f"{callee.span.instance or callee.span.service}, and whether all the calls are needed.",),
    )
