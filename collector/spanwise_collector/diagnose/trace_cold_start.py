"""Rule: an instance that had only just begun to send served the request, and took longer than is usual."""

import math
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import pooled
from spanwise_collector.diagnose.features import OFFSET, Moments
from spanwise_collector.diagnose.finding import Deviation, Finding, Shows, Subject, operation
from spanwise_collector.trace.tree import Node

_SECOND: Final = 1_000_000_000
_SAYS_SO: Final = ("faas.coldstart", "faas.cold_start")


def cold_starts(subject: Subject) -> list[Finding]:
    """Spans of new instances with twice their usual self time or more, where that costs the trace a twentieth."""
    by_instance: dict[tuple[str, str], list[tuple[Node, int, Moments]]] = {}
    for node in subject.nodes:
        key = node.span.service, node.span.instance
        young = (
            key in subject.first_seen
            and node.span.start - subject.first_seen[key] <= subject.thresholds.cold_start_age * _SECOND
        )
        told = any(str(node.span.attributes.get(each, "")).lower() == "true" for each in _SAYS_SO)
        if not told and not young:
            continue
        usual = subject.history.self_time.get(pooled(operation(node)), Moments())
        taken = subject.self_times[id(node)]
        if told or (
            usual.n >= subject.thresholds.known_spans and taken >= subject.thresholds.cold_start_ratio * _typical(usual)
        ):
            by_instance.setdefault(key, []).append((node, taken, usual))
    found = [_finding(nodes, subject) for nodes in by_instance.values()]
    return [each for each in found if each.share >= subject.thresholds.cold_start_share]


def _typical(usual: Moments) -> float:
    return max(0.0, math.exp(usual.mean) - OFFSET)


def _finding(nodes: list[tuple[Node, int, Moments]], subject: Subject) -> Finding:
    node, taken, usual = max(nodes, key=lambda each: (each[1], each[0].span.span_id))
    span, typical = node.span, _typical(usual)
    lost = sum(min(each[1] - _typical(each[2]), subject.critical.get(id(each[0]), 0)) for each in nodes)
    age = max(0, span.start - subject.first_seen.get((span.service, span.instance), span.start))
    return Finding(
        rule="cold_start",
        claim=f"{span.instance or span.service} was new, first seen {duration(age)} before: {span.name} took"
        f" {duration(taken)} by itself, usually {duration(typical)}.",
        culprit=operation(node),
        share=subject.share(lost),
        evidence=tuple(Shows(each.span.span_id, f"{duration(time)} by itself") for each, time, _ in nodes[:5]),
        deviation=Deviation(taken, typical, 0.0, usual.n),
        against=("A new instance may also have begun because of a fault.",),
        next_checks=("What it does at its first requests, and whether it takes any before it is ready.",),
    )
