"""Rule: a call whose other side is missing, told apart by what the caller saw."""

from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import Operation, pooled
from spanwise_collector.diagnose.early_ends import callees
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.model.span import ERROR
from spanwise_collector.trace.tree import Node

_QUICK: Final = 5_000_000


def missing_servers(subject: Subject) -> list[Finding]:
    """Calls that usually reach another service's span, and did not here."""
    usual = callees(subject.history)
    return [
        _finding(node, usual[pooled(operation(node))], subject)
        for node in subject.nodes
        if not node.children and pooled(operation(node)) in usual
    ]


def _finding(node: Node, callee: Operation, subject: Subject) -> Finding:
    span = node.span
    if span.status_code != ERROR:
        reason = "the call went well, so its span was not recorded, not sampled or has not arrived"
    elif span.duration < _QUICK:
        reason = f"the caller failed within {duration(span.duration)}, as when a connection is refused"
    else:
        reason = f"the caller failed after {duration(span.duration)}, as when nobody answers in time"
    return Finding(
        rule="missing",
        claim=f"{callee.service} has no span for {span.name} of {span.service}: {reason}.",
        culprit=callee,
        share=subject.share(subject.critical.get(id(node), 0)),
        evidence=(Shows(span.span_id, span.status_message or f"no span of {callee.service} below"),),
        against=("Its span may still be on its way.",),
        next_checks=(f"Whether {callee.service} runs, and sends spans of other traces.",),
    )
