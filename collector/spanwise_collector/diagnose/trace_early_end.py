"""Rule: a path that normal traces take and this one did not."""

from collections.abc import Sequence
from typing import Final

from spanwise_collector.diagnose.counts import Edge, Operation, pooled
from spanwise_collector.diagnose.early_ends import callees
from spanwise_collector.diagnose.features import Moments
from spanwise_collector.diagnose.finding import Deviation, Finding, Shows, Subject, operation
from spanwise_collector.trace.tree import Node

_SPANS_SHOWN: Final = 3


def early_ends_of_trace(subject: Subject) -> list[Finding]:
    """The deepest operations that stopped where at most one in fifty of their calls does, alike ones together."""
    crossing = callees(subject.history)
    alike: dict[tuple[Operation, str], list[Node]] = {}
    for node in subject.nodes:
        if not node.children and pooled(operation(node)) in crossing:
            continue
        usual, after = _usual(node, subject)
        stops = _rare(usual, subject)
        if stops and not (node.children and _stopped(node.children[-1], subject, crossing)):
            alike.setdefault((operation(node), after), []).append(node)
    return [_finding(nodes, subject) for nodes in alike.values()]


def _usual(node: Node, subject: Subject) -> tuple[Moments, str]:
    here = pooled(operation(node))
    if not node.children:
        return subject.history.called_nothing.get(here, Moments()), "without calling anything"
    last = node.children[-1].span
    edge = Edge(here, Operation(last.service, "", last.name))
    return subject.history.ended_after.get(edge, Moments()), f"after {last.name}"


def _rare(usual: Moments, subject: Subject) -> bool:
    return usual.n >= subject.thresholds.known_spans and usual.mean <= subject.thresholds.early_end_rare


def _stopped(node: Node, subject: Subject, crossing: dict[Operation, Operation]) -> bool:
    """Whether the last call, or the callee's span below it, stopped early itself."""
    below = node.children[:1] if pooled(operation(node)) in crossing else []
    usual = (_usual(each, subject)[0] for each in (node, *below))
    return any(_rare(each, subject) for each in usual)


def _finding(nodes: Sequence[Node], subject: Subject) -> Finding:
    first = nodes[0]
    usual, after = _usual(first, subject)
    culprit = operation(first)
    last = first.children[-1].span if first.children else None
    times = f" {len(nodes)} times" if len(nodes) > 1 else ""
    shown = [
        Shows(span.span_id, text)
        for node in nodes[:_SPANS_SHOWN]
        for span, text in ((node.span, "ended early"), *((each.span, "last") for each in node.children[-1:]))
    ]
    return Finding(
        rule="early_end",
        claim=f"{culprit.name} of {culprit.service} ended{times} {after}, which {usual.mean:.1%} of its calls do.",
        culprit=culprit,
        share=0.0,
        evidence=tuple(shown),
        deviation=Deviation(1.0, usual.mean, 0.0, usual.n),
        against=("A path that is rare need not be wrong.",),
        next_checks=(f"What {last.service} answered." if last else f"Why {culprit.name} returned at once.",),
    )
