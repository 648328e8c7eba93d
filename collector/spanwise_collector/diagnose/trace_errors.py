"""Rule: where failures of a trace began, who passed them on, and who swallowed them."""

from typing import Final

from spanwise_collector.diagnose.finding import Finding, Shows, Subject, operation
from spanwise_collector.trace.failure import failed, sign_of_failure
from spanwise_collector.trace.tree import Node

_SPANS_SHOWN: Final = 5


def errors_at_origin(subject: Subject) -> list[Finding]:
    """A finding for each operation in which a failure began: no child of its span failed."""
    origins: dict[tuple[str, str, str], list[Node]] = {}
    for node in subject.nodes:
        if failed(node.span) and not any(failed(child.span) for child in node.children):
            origins.setdefault(operation(node), []).append(node)
    count = sum(len(each) for each in origins.values())
    return [_finding(found, count) for found in origins.values()]


def _finding(origins: list[Node], count: int) -> Finding:
    first = origins[0]
    culprit = operation(first)
    passed = _passed_on(first)
    sign = sign_of_failure(first.span)
    said = first.span.status_message or _exception(first) or sign or ""
    times = f" {len(origins)} times" if len(origins) > 1 else ""
    path = f", passed on by {', '.join(passed)}" if passed else ""
    swallowed = not _reaches_root(first)
    claim = f"{culprit.name} of {culprit.service} failed{times}{f' ({said})' if said else ''}{path}."
    return Finding(
        rule="error",
        claim=claim,
        culprit=culprit,
        share=len(origins) / count,
        share_of="failures",
        evidence=tuple(Shows(node.span.span_id, said or "status error") for node in origins[:_SPANS_SHOWN]),
        against=(
            *(("The failure was swallowed: the request itself did not fail.",) if swallowed else ()),
            *((f"No status says so, but {sign}.",) if sign else ()),
        ),
        next_checks=("The log records of this span.",),
    )


def _passed_on(node: Node) -> list[str]:
    """The services above that failed too, the nearest first."""
    found: list[str] = []
    above = node.parent
    while above is not None and failed(above.span):
        if above.span.service not in (node.span.service, *found):
            found.append(above.span.service)
        above = above.parent
    return found


def _reaches_root(node: Node) -> bool:
    while node.parent is not None and failed(node.parent.span):
        node = node.parent
    return node.parent is None


def _exception(node: Node) -> str:
    for event in node.span.events:
        if event.name == "exception":
            parts = (event.attributes.get("exception.type"), event.attributes.get("exception.message"))
            return ": ".join(str(part) for part in parts if part)
    return ""
