"""Rule: spans that took longer by themselves, or around a call to another service, than is usual for them."""

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import Edge, Operation, pooled
from spanwise_collector.diagnose.features import OFFSET, Moments
from spanwise_collector.diagnose.finding import Deviation, Finding, Shows, Subject, crossing, operation
from spanwise_collector.trace.tree import Node

_SPANS_SHOWN: Final = 5


def slow_spans(subject: Subject) -> list[Finding]:
    """For each culprit what it lost, where that is unusual for it and matters to the trace."""
    limits = subject.thresholds
    groups: dict[tuple[Operation, str], list[tuple[Node, int, Moments]]] = defaultdict(list)
    for node in subject.nodes:
        for culprit, what, taken, usual in _measures(node, subject):
            if usual.n >= limits.known_spans and _spreads(taken, usual, subject) >= limits.slow_spreads:
                groups[culprit, what].append((node, taken, usual))
    found = [_finding(culprit, what, slow, subject) for (culprit, what), slow in groups.items()]
    return [each for each in found if each.share >= limits.slow_share]


def _measures(node: Node, subject: Subject) -> Iterator[tuple[Operation, str, int, Moments]]:
    if not subject.critical.get(id(node)):
        return
    here, callee = operation(node), crossing(node)
    if callee is None:
        yield here, "by itself", subject.self_times[id(node)], subject.history.self_time.get(pooled(here), Moments())
        return
    there = operation(callee)
    edge = Edge(pooled(here), pooled(there))
    lag = max(0, callee.span.start - node.span.start)
    tail = max(0, node.span.end - callee.span.start - callee.span.duration)
    yield there, "before it began", lag, subject.history.edges["lag"].get(edge, Moments())
    yield there, "after it ended", tail, subject.history.edges["tail"].get(edge, Moments())


def _spreads(taken: int, usual: Moments, subject: Subject) -> float:
    return (math.log(OFFSET + taken) - usual.mean) / (math.sqrt(usual.variance) + subject.thresholds.granted_spread)


def _typical(usual: Moments) -> float:
    return max(0.0, math.exp(usual.mean) - OFFSET)


def _finding(culprit: Operation, what: str, slow: list[tuple[Node, int, Moments]], subject: Subject) -> Finding:
    slow = sorted(slow, key=lambda each: -each[1])
    lost = sum(min(taken - _typical(usual), subject.critical[id(node)]) for node, taken, usual in slow)
    worst, taken, usual = slow[0]
    times = "" if len(slow) == 1 else f" in {len(slow)} calls"
    claim = (
        f"{culprit.name} of {culprit.service} lost {duration(lost)} {what}{times}:"
        f" {duration(taken)} where {duration(_typical(usual))} is usual."
    )
    edge = what != "by itself"
    return Finding(
        rule="slow",
        claim=claim,
        culprit=culprit,
        share=subject.share(lost),
        evidence=tuple(Shows(node.span.span_id, f"{duration(each)} {what}") for node, each, _ in slow[:_SPANS_SHOWN]),
        deviation=Deviation(taken, _typical(usual), round(_spreads(taken, usual, subject), 1), usual.n),
        against=(f"The time lies between {worst.span.service} and {culprit.service}: it may be either's.",)
        if edge
        else (),
        next_checks=(
            f"Network, queue and processor of {culprit.instance or culprit.service}."
            if edge
            else f"What {culprit.name} does without a span: locks, garbage collection, computing.",
        ),
    )
