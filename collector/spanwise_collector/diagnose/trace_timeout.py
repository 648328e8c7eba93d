"""Rule: a caller gave up while the one it called went on, sooner than that one usually takes or not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
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
_CALLS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class _GaveUp:
    """A call that ended before its callee; `typical` (ns) is what that usually takes, where its caller waits less."""

    node: Node
    callee: Node | None
    target: Operation
    usual: Moments
    typical: float | None


def short_timeouts(subject: Subject) -> list[Finding]:
    """Failed calls that ended before their callee did; to the caller where its patience is too short for any call.

    Alike calls of one operation are one finding.
    """
    limits = subject.thresholds
    crossing = callees(subject.history)
    alike: dict[tuple[Operation, Operation, bool], list[_GaveUp]] = {}
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
            call = _GaveUp(node, callee, target, usual, typical if short else None)
            alike.setdefault((operation(node), target, short), []).append(call)
    return [_finding(calls, subject) for calls in alike.values()]


def _outlived(node: Node, callee: Node, least: float) -> bool:
    """Whether a callee went on after its caller, and did not just answer with its failure by a clock that is ahead."""
    answered = failed(callee.span) and callee.span.duration <= node.span.duration
    return callee.span.end - node.span.end >= least and not answered


def _finding(calls: Sequence[_GaveUp], subject: Subject) -> Finding:
    worst = max(calls, key=lambda each: (each.node.span.duration, each.node.span.span_id))
    node, target, typical = worst.node, worst.target, worst.typical
    waited = duration(node.span.duration)
    times = f", in {len(calls)} calls" if len(calls) > 1 else ""
    shown = []
    for each in [worst, *(call for call in calls if call is not worst)][:_CALLS_SHOWN]:
        shown.append(Shows(each.node.span.span_id, f"gave up after {duration(each.node.span.duration)}"))
        if each.callee is not None:
            shown.append(Shows(each.callee.span.span_id, f"took {duration(each.callee.span.duration)}"))
    if typical is not None:
        claim = (
            f"{node.span.service} gave {target.service} {waited} for {target.name}{times}, which usually takes"
            f" {duration(typical)}: its timeout is too short."
        )
        check = f"The timeout of {node.span.name} in {node.span.service}."
    else:
        claim = (
            f"{node.span.service} gave up {target.name} after {waited}{times}; {target.service} went on with it for"
            " nothing."
        )
        check = f"Why {target.name} of {target.service} took so long, and whether it can be told that nobody waits."
    return Finding(
        rule="timeout",
        claim=claim,
        culprit=operation(node) if typical is not None else target,
        share=subject.share(sum(subject.critical_below(each.node) for each in calls)),
        evidence=tuple(shown),
        deviation=None if typical is None else Deviation(node.span.duration, typical, 0.0, worst.usual.n),
        next_checks=(check,),
    )
