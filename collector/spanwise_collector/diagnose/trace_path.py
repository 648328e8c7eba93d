"""Rule: a call that normal traces of this kind do not make."""

from spanwise_collector.diagnose.counts import Edge, pooled
from spanwise_collector.diagnose.features import Moments
from spanwise_collector.diagnose.finding import Deviation, Finding, Shows, Subject, operation
from spanwise_collector.trace.tree import Node


def unusual_paths(subject: Subject) -> list[Finding]:
    """Calls that at most one in fifty of their callers' spans makes in normal traces, the topmost of a path only."""
    unusual = {id(node): share for node in subject.nodes if (share := _share(node, subject)) is not None}
    shown: dict[tuple[str, str, str], Node] = {}
    for node in subject.nodes:
        if id(node) in unusual and id(node.parent) not in unusual and node.parent is not None:
            shown.setdefault((node.parent.span.service, node.parent.span.name, node.span.name), node)
    return [_finding(node, unusual[id(node)], subject) for node in shown.values()]


def _share(node: Node, subject: Subject) -> float | None:
    """In which share of the parent's spans normal traces have such a child; None where that is not rare or known."""
    if node.parent is None:
        return None
    here = pooled(operation(node.parent))
    known = subject.history.calls.get(here, Moments()).n
    if known < subject.thresholds.known_spans:
        return None
    share = subject.history.called.get(Edge(here, pooled(operation(node))), Moments()).n / known
    return share if share <= subject.thresholds.path_rare else None


def _finding(node: Node, share: float, subject: Subject) -> Finding:
    parent = node.parent
    assert parent is not None
    known = subject.history.calls[pooled(operation(parent))].n
    return Finding(
        rule="path",
        claim=f"{parent.span.name} of {parent.span.service} called {node.span.name} of {node.span.service}, which"
        f" {share:.1%} of its calls do.",
        culprit=operation(parent),
        share=subject.share(subject.critical_below(node)),
        evidence=(Shows(node.span.span_id, "the call"), Shows(parent.span.span_id, "made it")),
        deviation=Deviation(1.0, share, 0.0, known),
        against=("A path that is rare need not be wrong.",),
        next_checks=(f"What in this request made {parent.span.service} take that path.",),
    )
