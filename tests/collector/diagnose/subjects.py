"""Traces with a history, for rules on one trace."""

from __future__ import annotations

from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.finding import Finding, Subject
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.model.span import Span
from spanwise_collector.trace.tree import build

from tests.collector.trace.spans import span

__all__ = ["MS", "in_ms", "subject", "told"]
MS = 1_000_000


def in_ms(number: int, parent: int, start: float, end: float, operation: str, **fields: object) -> Span:
    """A span of `service/name`, its times in milliseconds."""
    service, _, name = operation.partition("/")
    given = {"service": service, "instance": f"{service}-1", "name": name} | fields
    return span(number, parent, round(start * MS), round(end * MS), **given)


def subject(spans: list[Span], history: list[Row] | None = None, thresholds: Thresholds = DEFAULTS) -> Subject:
    """The trace as the rules see it."""
    return Subject(build(spans), Counts(history or [], pooled=True), 100, thresholds=thresholds)


def told(findings: list[Finding]) -> list[tuple[str, float, str]]:
    """Whom each finding blames, for what share, and its claim."""
    return [(each.culprit.service, round(each.share, 2), each.claim) for each in findings]
