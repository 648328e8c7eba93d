"""Rule: a call whose other side is missing, told apart by what the caller saw."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import Edge, Operation, pooled
from spanwise_collector.diagnose.early_ends import callees
from spanwise_collector.diagnose.features import Moments
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.model.span import Span
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.tree import Node

_MS: Final = 1_000_000
_SPANS_SHOWN: Final = 5
_REFUSED: Final = re.compile(
    r"refused|unreachable|no route|name or service|resolv|getaddrinfo|connecterror", re.IGNORECASE
)
_TIMED_OUT: Final = re.compile(r"timed?[- ]?out|deadline|no answer", re.IGNORECASE)
_CUT_OFF: Final = re.compile(r"reset|broken pipe|disconnected|closed|aborted|eof", re.IGNORECASE)
_SEEN: Final = (
    (_TIMED_OUT, "the caller timed out after {}"),
    (_REFUSED, "the caller could not connect within {}"),
    (_CUT_OFF, "the connection was cut off after {}, as when it dies over the request"),
)
# Not the code of gRPC, which the caller makes up itself where nobody answers.
_ANSWERS: Final = ("http.response.status_code", "http.status_code")


def missing_servers(subject: Subject) -> list[Finding]:
    """Calls that usually reach another service's span and did not here, alike ones that saw the same together.

    Of calls that went well little history tells nothing.
    """
    usual = callees(subject.history)
    quick = subject.thresholds.missing_quick * _MS
    alike: dict[tuple[Operation, str], list[Node]] = {}
    made = Counter(operation(node) for node in subject.nodes)
    for node in subject.nodes:
        if node.children or (callee := usual.get(pooled(operation(node)))) is None:
            continue
        if failed(node.span) or _known(operation(node), callee, subject):
            alike.setdefault((operation(node), _reason(node.span, quick)), []).append(node)
    return [
        _finding(calls, usual[pooled(caller)], reason, made[caller], subject)
        for (caller, reason), calls in alike.items()
    ]


def _known(caller: Operation, callee: Operation, subject: Subject) -> bool:
    lag = subject.history.edges["lag"].get(Edge(pooled(caller), callee), Moments())
    return lag.n >= subject.thresholds.known_spans


def _as_usual(caller: Operation, missed: int, made: int, subject: Subject) -> bool:
    """Whether normal traces miss as great a share of these calls, as where a callee is sampled or calls itself."""
    nothing = subject.history.called_nothing.get(pooled(caller), Moments())
    chance = 2 * math.sqrt(nothing.mean * (1 - nothing.mean) / made)
    return nothing.n >= subject.thresholds.known_spans and missed / made <= nothing.mean + chance


def _reason(span: Span, quick: float) -> str:
    """What the caller saw, `{}` for how long it took: an answer, what it says of its failure, or only that time."""
    answer = next((span.attributes[key] for key in _ANSWERS if span.attributes.get(key) not in (None, "")), None)
    if not failed(span):
        return "the call went well, so its span was not recorded, not sampled or has not arrived"
    if answer is not None:
        # It may hold braces.
        code = str(answer).replace("{", "{{").replace("}", "}}")
        return f"it was answered with {code}, by something before it or by a process that records no spans"
    said = _said(span)
    if seen := next((words for pattern, words in _SEEN if pattern.search(said)), None):
        return seen
    if span.duration < quick:
        return "the caller failed within {}, as when a connection is refused"
    return "the caller failed after {}, as when nobody answers in time"


def may_have_given_up(span: Span, quick: float) -> bool:
    """Whether a failed call without a span below may have ended because its caller waited no longer.

    Not where it was answered, refused or cut off, or failed sooner than in `quick` ns without saying why.
    """
    if any(span.attributes.get(key) not in (None, "") for key in _ANSWERS):
        return False
    said = _said(span)
    return bool(_TIMED_OUT.search(said)) or (
        span.duration >= quick and not _REFUSED.search(said) and not _CUT_OFF.search(said)
    )


def _said(span: Span) -> str:
    return " ".join([span.status_message, str(span.attributes.get("error.type", "")), *_raised(span)])


def _raised(span: Span) -> list[str]:
    kinds = ("exception.type", "exception.message")
    return [str(event.attributes.get(key, "")) for event in span.events for key in kinds if event.name == "exception"]


def _finding(calls: Sequence[Node], callee: Operation, reason: str, made: int, subject: Subject) -> Finding:
    weight = {id(node): subject.critical.get(id(node), 0) for node in calls}
    shown = sorted(calls, key=lambda node: -weight[id(node)])[:_SPANS_SHOWN]
    first, longest = calls[0].span, duration(max(node.span.duration for node in calls))
    times, took = ("", longest) if len(calls) == 1 else (f"{len(calls)} calls of ", f"up to {longest}")
    return Finding(
        rule="missing",
        claim=f"{callee.service} has no span for {times}{first.name} of {first.service}: {reason.format(took)}.",
        culprit=callee,
        share=subject.share(sum(weight.values())),
        evidence=tuple(
            Shows(node.span.span_id, node.span.status_message or f"no span of {callee.service} below") for node in shown
        ),
        against=("Its span may still be on its way.",),
        usual=not failed(first) and _as_usual(operation(calls[0]), len(calls), made, subject),
        next_checks=(f"Whether {callee.service} runs, and sends spans of other traces.",),
    )
