"""Rule: a message lay longer between its sender and its receiver than is usual."""

import math
from collections.abc import Sequence
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import Edge, pooled
from spanwise_collector.diagnose.features import OFFSET, Moments
from spanwise_collector.diagnose.finding import Deviation, Finding, Shows, Subject, operation
from spanwise_collector.model.span import CONSUMER
from spanwise_collector.trace.tree import Node

_MS: Final = 1_000_000


def queued_messages(subject: Subject) -> list[Finding]:
    """Receivers whose span began later after their sender's than those of normal traces, by 10 ms at least.

    Of several messages between the same two the one that lay longest tells.
    """
    limits = subject.thresholds
    alike: dict[Edge, list[tuple[int, Node, float]]] = {}
    for node in subject.nodes:
        sender = node.parent
        if node.span.kind != CONSUMER or sender is None or sender.span.service == node.span.service:
            continue
        edge = Edge(pooled(operation(sender)), pooled(operation(node)))
        usual = subject.history.edges["lag"].get(edge, Moments())
        waited = node.span.start - sender.span.start
        spreads = (math.log(OFFSET + max(0, waited)) - usual.mean) / (math.sqrt(usual.variance) + limits.granted_spread)
        if usual.n >= limits.known_spans and waited >= limits.queued_wait * _MS and spreads >= limits.queued_spreads:
            alike.setdefault(edge, []).append((waited, node, spreads))
    return [_finding(late, subject.history.edges["lag"][edge], subject) for edge, late in alike.items()]


def _finding(late: Sequence[tuple[int, Node, float]], usual: Moments, subject: Subject) -> Finding:
    waited, node, spreads = max(late, key=lambda each: (each[0], each[1].span.span_id))
    sender = node.parent
    assert sender is not None
    others = f" and {len(late) - 1} more late" if len(late) > 1 else ""
    typical = max(0.0, math.exp(usual.mean) - OFFSET)
    return Finding(
        rule="queued",
        claim=f"{node.span.service} took {sender.span.service}'s message {sender.span.name} after {duration(waited)}"
        f"{others}, where {duration(typical)} is usual.",
        culprit=operation(node),
        share=subject.share_of_trace(waited - typical),
        share_of="trace",
        evidence=(Shows(sender.span.span_id, "sent"), Shows(node.span.span_id, f"taken {duration(waited)} later")),
        deviation=Deviation(waited, typical, round(spreads, 1), usual.n),
        against=("The clocks of the two may differ.",),
        next_checks=(f"Whether {node.span.service} has receivers enough, and what they did meanwhile.",),
    )
