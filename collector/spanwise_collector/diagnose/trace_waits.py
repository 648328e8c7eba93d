"""Rule: time that a span spent waiting for its own process."""

from collections import defaultdict
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.trace.tree import Node
from spanwise_collector.trace.waits import waits_of

_SPANS_SHOWN: Final = 5
_CHECKS: Final = {
    "connection": "The size of its pool, and who holds connections for long.",
    "thread": "How many threads it has, and what they do.",
    "event loop": "What computes or blocks in its event loop.",
    "lock": "Who holds the lock.",
    "gc": "How much it allocates.",
}


def waits(subject: Subject) -> list[Finding]:
    """For each service and thing waited for the time lost, from a twentieth of the critical path on."""
    groups: dict[tuple[str, str], list[tuple[Node, int]]] = defaultdict(list)
    for node in subject.nodes:
        critical = subject.critical.get(id(node), 0)
        if not critical:
            continue
        for wait in waits_of(node.span):
            groups[node.span.service, wait.what].append((node, wait.duration))
    found = [_finding(what, waited, subject) for (_, what), waited in groups.items()]
    return [each for each in found if each.share >= subject.thresholds.wait_share]


def _finding(what: str, waited: list[tuple[Node, int]], subject: Subject) -> Finding:
    waited = sorted(waited, key=lambda each: (-each[1], each[0].span.span_id))
    by_span: dict[int, tuple[Node, int]] = {}
    for node, time in waited:
        by_span[id(node)] = (node, by_span.get(id(node), (node, 0))[1] + time)
    lost = sum(min(time, subject.critical_below(node)) for node, time in by_span.values())
    first = waited[0][0]
    return Finding(
        rule="wait",
        claim=f"{first.span.service} waited {duration(sum(time for _, time in waited))} for {_article(what)}"
        f" in {len(by_span)} {'span' if len(by_span) == 1 else 'spans'}.",
        culprit=operation(first),
        share=subject.share(lost),
        evidence=tuple(
            Shows(node.span.span_id, f"waited {duration(time)} for {_article(what)}")
            for node, time in waited[:_SPANS_SHOWN]
        ),
        next_checks=(_CHECKS.get(what, f"Why {first.span.service} had to wait."),),
    )


def _article(what: str) -> str:
    if what == "gc":
        return "garbage collection"
    return f"{'an' if what[:1] in 'aeiou' else 'a'} {what}" if what != "event loop" else "its event loop"
