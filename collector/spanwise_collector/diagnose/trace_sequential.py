"""Rule: different calls made one after the other that might be made at once."""

from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.trace.tree import Node

_SPANS_SHOWN: Final = 5


def sequential_calls(subject: Subject) -> list[Finding]:
    """Runs of three or more different calls with next to nothing between them, which take a fifth of the trace."""
    found = []
    for node in subject.nodes:
        run = _longest_run(node, subject.thresholds.sequential_gap)
        if len({call.span.name for call in run}) < subject.thresholds.sequential_calls:
            continue
        critical = [subject.critical_below(call) for call in run]
        saved = sum(critical) - max(critical)
        if subject.share(saved) >= subject.thresholds.sequential_share:
            found.append(_finding(node, run, saved, subject))
    return found


def _longest_run(node: Node, most: float) -> list[Node]:
    longest, first = range(0), 0
    for index, child in enumerate(node.children):
        before = node.children[max(first, index - 1)].span
        gap = child.span.start - before.start - before.duration
        if index > first and not 0 <= gap <= most * max(1, child.span.duration):
            first = index
        longest = max(longest, range(first, index + 1), key=len)
    return [node.children[index] for index in longest]


def _finding(node: Node, run: list[Node], saved: int, subject: Subject) -> Finding:
    claim = (
        f"{node.span.name} of {node.span.service} makes {len(run)} calls one after the other;"
        f" at once they could save up to {duration(saved)}."
    )
    return Finding(
        rule="sequential",
        claim=claim,
        culprit=operation(node),
        share=subject.share(saved),
        evidence=tuple(
            Shows(call.span.span_id, f"{call.span.name}, {duration(call.span.duration)}") for call in run[:_SPANS_SHOWN]
        ),
        against=("A later call may need the answer of an earlier one: spans do not say.",),
        usual=all(subject.usually_calls(node, call, 1) for call in run),
        next_checks=("Whether the calls depend on each other.",),
    )
