"""Rule: failures are tried again on more than one level, so that one request becomes many."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.tree import Node

_SPANS_SHOWN: Final = 5


def retry_storms(subject: Subject) -> list[Finding]:
    """Operations that a trace reached four times or more because calls above them were repeated after failures.

    On two levels at least, or five times or more on one.
    """
    limits = subject.thresholds
    found = []
    by_operation: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in subject.nodes:
        by_operation[node.span.service, node.span.name].append(node)
    nearest = _repeated_calls(subject.nodes)
    for tries in by_operation.values():
        levels = _levels(tries, nearest)
        several = len(levels) >= limits.storm_levels
        enough = len(tries) >= (limits.storm_tries if several else limits.storm_tries_of_one)
        if levels and enough and not _above_another(tries[0], by_operation):
            found.append(_finding(tries, levels, subject))
    return found


def _repeated_calls(nodes: Sequence[Node]) -> dict[int, Node]:
    """By id of a node, the nearest at or above it that is one of several calls of its name, of which any failed."""
    times = Counter(_call(node) for node in nodes)
    failures = {_call(node) for node in nodes if failed(node.span)}
    found: dict[int, Node] = {}
    # Parents come before their children.
    for node in nodes:
        if node.parent is None:
            continue
        if times[_call(node)] > 1 and _call(node) in failures:
            found[id(node)] = node
        elif id(node.parent) in found:
            found[id(node)] = found[id(node.parent)]
    return found


def _call(node: Node) -> tuple[int, str]:
    return id(node.parent), node.span.name


def _levels(tries: Sequence[Node], nearest: Mapping[int, Node]) -> list[Node]:
    """Above the tries, one span of each operation that repeated a call which had failed, the nearest first."""
    found: dict[tuple[str, str], Node] = {}
    climbed: set[int] = set()
    for node in tries:
        below = nearest.get(id(node))
        # Whatever is above one that was climbed from is known.
        while below is not None and below.parent is not None and id(below) not in climbed:
            climbed.add(id(below))
            found.setdefault((below.parent.span.service, below.parent.span.name), below.parent)
            below = nearest.get(id(below.parent))
    return list(found.values())


def _above_another(node: Node, by_operation: dict[tuple[str, str], list[Node]]) -> bool:
    """Whether something below was reached more often still: that is told, and not what led there."""
    own = len(by_operation[node.span.service, node.span.name])
    waiting = list(node.children)
    while waiting:
        each = waiting.pop()
        if len(by_operation[each.span.service, each.span.name]) >= own:
            return True
        waiting += each.children
    return False


def _finding(tries: list[Node], levels: list[Node], subject: Subject) -> Finding:
    last, who = tries[0].span, levels[0]
    names = " and ".join(f"{each.span.name} of {each.span.service}" for each in levels[:3])
    lost = sum(subject.critical.get(id(node), 0) for node in tries)
    return Finding(
        rule="storm",
        claim=f"{last.name} of {last.service} was reached {len(tries)} times: {names} sent failed calls again.",
        culprit=operation(who),
        share=subject.share(lost),
        evidence=tuple(Shows(node.span.span_id, node.span.status_message or "a try") for node in tries[:_SPANS_SHOWN]),
        against=(f"What made {last.service} fail at first came before the storm.",),
        next_checks=("Whether only one level tries again, with a pause, and not what cannot succeed.",),
    )
