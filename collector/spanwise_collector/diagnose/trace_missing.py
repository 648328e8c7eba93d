"""Rule: a call whose other side is missing, told apart by what the caller saw."""

import re
from typing import Final

from spanwise_collector.diagnose.claims import duration
from spanwise_collector.diagnose.counts import Operation, pooled
from spanwise_collector.diagnose.early_ends import callees
from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.model.span import Span
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.tree import Node

_MS: Final = 1_000_000
_REFUSED: Final = re.compile(
    r"refused|unreachable|no route|name or service|resolv|getaddrinfo|connecterror", re.IGNORECASE
)
_TIMED_OUT: Final = re.compile(r"timed?[- ]?out|deadline|no answer", re.IGNORECASE)
_CUT_OFF: Final = re.compile(r"reset|broken pipe|disconnected|closed|aborted|eof", re.IGNORECASE)
# Not the code of gRPC, which the caller makes up itself where nobody answers.
_ANSWERS: Final = ("http.response.status_code", "http.status_code")


def missing_servers(subject: Subject) -> list[Finding]:
    """Calls that usually reach another service's span, and did not here."""
    usual = callees(subject.history)
    return [
        _finding(node, usual[pooled(operation(node))], subject)
        for node in subject.nodes
        if not node.children and pooled(operation(node)) in usual
    ]


def _reason(span: Span, quick: float) -> str:
    """What the caller saw: an answer, what it says of its failure, or else only how long that took."""
    took = duration(span.duration)
    answer = next((span.attributes[key] for key in _ANSWERS if span.attributes.get(key) not in (None, "")), None)
    if not failed(span):
        return "the call went well, so its span was not recorded, not sampled or has not arrived"
    if answer is not None:
        return f"it was answered with {answer}, by something before it or by a process that records no spans"
    said = _said(span)
    for seen, words in ((_TIMED_OUT, "timed out after {}"), (_REFUSED, "could not connect within {}")):
        if seen.search(said):
            return f"the caller {words.format(took)}"
    if _CUT_OFF.search(said):
        return f"the connection was cut off after {took}, as when it dies over the request"
    if span.duration < quick:
        return f"the caller failed within {took}, as when a connection is refused"
    return f"the caller failed after {took}, as when nobody answers in time"


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


def _finding(node: Node, callee: Operation, subject: Subject) -> Finding:
    span = node.span
    reason = _reason(span, subject.thresholds.missing_quick * _MS)
    return Finding(
        rule="missing",
        claim=f"{callee.service} has no span for {span.name} of {span.service}: {reason}.",
        culprit=callee,
        share=subject.share(subject.critical.get(id(node), 0)),
        evidence=(Shows(span.span_id, span.status_message or f"no span of {callee.service} below"),),
        against=("Its span may still be on its way.",),
        next_checks=(f"Whether {callee.service} runs, and sends spans of other traces.",),
    )
