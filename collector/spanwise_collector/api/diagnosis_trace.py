"""The verdict on one trace, below /api/v1."""

from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.diagnosis import BaselineQuery
from spanwise_collector.api.models import Answer, ErrorAnswer
from spanwise_collector.api.parameters import parse_trace_id
from spanwise_collector.diagnose.explain import RULES
from spanwise_collector.diagnose.finding import Finding
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.query.diagnosis_trace import Explained, TraceQuestion, diagnose
from spanwise_collector.query.known import NOTHING_KNOWN, Known
from spanwise_collector.store import Engine

_SHOWN: Final = 5


class FindingCulprit(Answer):
    service: str
    instance: str
    operation: str
    span_ids: list[str]


class FindingDeviation(Answer):
    value: float = Field(description="What was measured: ns, or a share.")
    usual: float
    spreads: float = Field(description="By how many of the baseline's spreads it deviates, on a scale of logarithms.")
    n: int = Field(description="Spans of the baseline.")


class FindingEvidence(Answer):
    kind: Literal["span", "log"]
    trace_id: str
    span_id: str = Field(description='"" for a log record that names no span.')
    text: str
    time_unix_nano: int | None = Field(description="Of a log record.")


class TraceFinding(Answer):
    rank: int
    rule: str
    claim: str
    culprit: FindingCulprit
    share: float = Field(description="Of what `share_of` says, from 0 to 1.")
    share_of: str
    deviation: FindingDeviation | None
    usual: bool = Field(description="Normal traces are like that too: it is not what is wrong with this one.")
    evidence: list[FindingEvidence]
    against: list[str] = Field(description="What speaks against it.")
    next: list[str] = Field(description="What to look at next.")


class CheckedTrace(Answer):
    rules: list[str]
    span_count: int
    history_start_time_unix_nano: int
    history_end_time_unix_nano: int
    history_traces: int = Field(description="Traces of the same root that say what is usual.")
    enough_history: bool
    thresholds: dict[str, float] = Field(description="Those that are set otherwise than by default (--threshold).")


class TraceVerdict(Answer):
    trace_id: str
    verdict: Literal["findings", "nothing unusual", "not enough history"]
    summary: str
    findings: list[TraceFinding] = Field(description="The weightiest first.")
    shown: int = Field(description="How many of them are worth showing at first.")
    checked: CheckedTrace


class TraceDiagnosisQuery(BaselineQuery):
    """Without a baseline: traces of the same root in the last quiet hour before, else in the hour, or week, before."""


def add(
    made: APIRouter,
    engine: Engine,
    project_of: Callable[[Request], str],
    max_spans: int,
    thresholds: Thresholds = DEFAULTS,
    known: Known = NOTHING_KNOWN,
) -> None:
    """Add the diagnosis of a trace to the API's routes; `known` is what is written down about projects."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/traces/{trace_id}/diagnosis", tags=["diagnosis"], responses={404: {"model": ErrorAnswer}})
    def diagnose_trace(trace_id: str, query: Annotated[TraceDiagnosisQuery, Query()], project: Project) -> TraceVerdict:
        """What is wrong with one trace, and who is to blame."""
        question = TraceQuestion(parse_trace_id(trace_id), max_spans, query.baseline(), thresholds, known)
        return _answer(diagnose(engine, project, question))


def _answer(found: Explained) -> TraceVerdict:
    verdict, summary = _summary(found)
    return TraceVerdict(
        trace_id=found.trace_id,
        verdict=verdict,
        summary=summary,
        findings=[_finding(rank, each, found) for rank, each in enumerate(found.findings, 1)],
        shown=min(_SHOWN, len(found.findings)),
        checked=CheckedTrace(
            rules=list(RULES),
            span_count=found.span_count,
            history_start_time_unix_nano=found.history.start,
            history_end_time_unix_nano=found.history.end,
            history_traces=found.history.traces,
            enough_history=found.enough_history,
            thresholds=found.thresholds.changed(),
        ),
    )


def _summary(found: Explained) -> tuple[Literal["findings", "nothing unusual", "not enough history"], str]:
    if found.findings and not found.findings[0].usual:
        return "findings", found.findings[0].claim
    spans = "1 span was" if found.span_count == 1 else f"{found.span_count:,} spans were"
    looked = f"{spans} checked by {len(RULES)} rules"
    if not found.enough_history:
        return "not enough history", (
            f"{looked}, but only {found.history.traces} traces like this one are known: less than"
            f" {found.thresholds.history_traces} do not say what is usual."
        )
    return "nothing unusual", f"{looked} against {found.history.traces:,} traces like this one: nothing is unusual."


def _finding(rank: int, each: Finding, found: Explained) -> TraceFinding:
    return TraceFinding(
        rank=rank,
        rule=each.rule,
        claim=each.claim,
        culprit=FindingCulprit(
            service=each.culprit.service,
            instance=each.culprit.instance,
            operation=each.culprit.name,
            span_ids=[shown.span_id for shown in each.evidence if shown.time is None],
        ),
        share=round(each.share, 4),
        share_of=each.share_of,
        deviation=None
        if each.deviation is None
        else FindingDeviation(
            value=each.deviation.value, usual=each.deviation.usual, spreads=each.deviation.spreads, n=each.deviation.n
        ),
        evidence=[
            FindingEvidence(
                kind="span" if shown.time is None else "log",
                trace_id=found.trace_id,
                span_id=shown.span_id,
                text=shown.text,
                time_unix_nano=shown.time,
            )
            for shown in each.evidence
        ],
        usual=each.usual,
        against=list(each.against),
        next=list(each.next_checks),
    )
