"""Rule: a caller gave up while the one it called went on, sooner than that one usually takes or not."""

import math
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import Operation, pooled
from spanwise_collector.diagnose.early_ends import callees
from spanwise_collector.diagnose.features import OFFSET, Moments
from spanwise_collector.diagnose.finding import Deviation, Finding, Shows, Subject, operation
from spanwise_collector.diagnose.trace_missing import may_have_given_up
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.tree import Node

_MS: Final = 1_000_000


def short_timeouts(subject: Subject) -> list[Finding]:
    """Failed calls that ended before their callee did; to the caller where its patience is too short for any call."""
    limits = subject.thresholds
    crossing = callees(subject.history)
    found = []
    for node in subject.nodes:
        callee = next((each for each in node.children if each.span.service != node.span.service), None)
        if not failed(node.span) or not (callee or pooled(operation(node)) in crossing):
            continue
        outlived = callee is not None and _outlived(node, callee, limits.timeout_outlived * _MS)
        if not (outlived or (callee is None and may_have_given_up(node.span, limits.missing_quick * _MS))):
            continue
        target = operation(callee) if callee is not None else crossing[pooled(operation(node))]
        usual = subject.history.durations.get(pooled(target), Moments())
        typical = max(0.0, math.exp(usual.mean) - OFFSET) if usual.n else 0.0
        short = usual.n >= limits.known_spans and node.span.duration < limits.timeout_ratio * typical
        if short or outlived:
            found.append(_finding(node, callee, target, typical if short else None, usual, subject))
    return found


def _outlived(node: Node, callee: Node, least: float) -> bool:
    """Whether a callee went on after its caller, and did not just answer with its failure by a clock that is ahead."""
    answered = failed(callee.span) and callee.span.duration <= node.span.duration
    return callee.span.end - node.span.end >= least and not answered


def _finding(
    node: Node, callee: Node | None, target: Operation, typical: float | None, usual: Moments, subject: Subject
) -> Finding:
    waited = duration(node.span.duration)
    shown = [Shows(node.span.span_id, f"gave up after {waited}")]
    if callee is not None:
        shown.append(Shows(callee.span.span_id, f"took {duration(callee.span.duration)}"))
    if typical is not None:
        claim = (
            f"{node.span.service} gave {target.service} {waited} for {target.name}, which usually takes"
            f" {duration(typical)}: its timeout is too short."
        )
        check = f"The timeout of {node.span.name} in {node.span.service}."
    else:
        claim = (
            f"{node.span.service} gave up {target.name} after {waited}; {target.service} went on with it for nothing."
        )
        check = f"Why {target.name} of {target.service} took so long, and whether it can be told that nobody waits."
    return Finding(
        rule="timeout",
        claim=claim,
        culprit=operation(node) if typical is not None else target,
        share=subject.share(subject.critical_below(node)),
        evidence=tuple(shown),
        deviation=Deviation(node.span.duration, typical, 0.0, usual.n) if typical is not None else None,
        next_checks=(check,),
    )
