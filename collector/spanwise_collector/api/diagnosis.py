"""The verdict on a window, below /api/v1."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from spanwise_collector.api.diagnosis_models import (
    Checked,
    CheckedWindow,
    TrafficChange,
    WindowCoincidence,
    WindowCulprit,
    WindowEvidence,
    WindowRank,
    WindowVerdict,
)
from spanwise_collector.api.parameters import QueryText, Text, Time, read, without_groups
from spanwise_collector.diagnose.claims import counted
from spanwise_collector.diagnose.features import BUCKETS
from spanwise_collector.diagnose.onset import Shown
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.diagnose.traffic import Traffic
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.query import diagnosis
from spanwise_collector.query.known import NOTHING_KNOWN, Known
from spanwise_collector.query.language.parse import DEFAULT_LIMITS, Limits
from spanwise_collector.query.times import parse_time
from spanwise_collector.store import Engine

_USUAL_WINDOW: Final = 900_000_000_000
RULES: Final = (
    "self time of operations", "lag before and tail after calls between services", "operations that end early",
    "calls that reach nobody", "calls made more often", "more calls than are done",
    "traffic from outside", "failures where they begin", "instances that fell silent",
    "log records that are new, more, fewer or gone", "log records that tell of trouble, and whom they name",
    "time between log records of a trace, where there are no spans",
)  # fmt: skip


_MAX_TIME: Final = (1 << 63) - 1
# Deploys are looked for a little beyond the window.
_LATEST: Final = _MAX_TIME - 3_600_000_000_000


class BaselineQuery(BaseModel):
    """What to hold something against."""

    model_config = ConfigDict(extra="forbid")

    baseline_start: Time = None
    baseline_end: Time = None

    def baseline(self) -> diagnosis.Window | None:
        """The baseline, where one is given; raises InvalidParameter."""
        if self.baseline_start is None and self.baseline_end is None:
            return None
        if self.baseline_start is None or self.baseline_end is None:
            missing = "baseline_start" if self.baseline_start is None else "baseline_end"
            raise InvalidParameter(missing, "Give both `baseline_start` and `baseline_end`, or neither.")
        now = time.time_ns()
        start = parse_time(self.baseline_start, "baseline_start", now)
        return _window(start, parse_time(self.baseline_end, "baseline_end", now), "baseline_end")


class WindowQuery(BaselineQuery):
    """The last 15 minutes where nothing is said; without a baseline as long a time before it."""

    start: Time = None
    end: Time = None
    q: QueryText = None
    service: Text | None = Field(default=None, description="Only culprits of this service.")

    def asked(self) -> diagnosis.Window:
        """The window; raises InvalidParameter."""
        now = time.time_ns()
        end = parse_time(self.end, "end", now) if self.end is not None else now
        start = parse_time(self.start, "start", now) if self.start is not None else max(0, end - _USUAL_WINDOW)
        return _window(start, end, "end")

    def question(self, project: str, limits: Limits, known: Known, thresholds: Thresholds) -> diagnosis.Question:
        """All that is asked for; raises InvalidParameter and InvalidQuery."""
        where = without_groups(read(self.q, "traces", limits))
        asked, baseline = self.asked(), self.baseline()
        troubled = known.troubled(project, 0, min(asked.start, _MAX_TIME)) if baseline is None else ()
        deploys = known.deploys(project, *(min(each, _LATEST) for each in (asked.start, asked.end)))
        return diagnosis.Question(asked, baseline, where, self.service, troubled, deploys, thresholds)


def _window(start: int, end: int, parameter: str) -> diagnosis.Window:
    if end <= start:
        raise InvalidParameter(parameter, f"`{parameter}` is not after its start: the time range is empty.")
    return diagnosis.Window(start, end)


def add(
    made: APIRouter,
    engine: Engine,
    project_of: Callable[[Request], str],
    limits: Limits = DEFAULT_LIMITS,
    known: Known = NOTHING_KNOWN,
    thresholds: Thresholds = DEFAULTS,
) -> None:
    """Add the diagnosis to the API's routes; `known` is what is written down about projects."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/diagnosis", tags=["diagnosis"])
    def diagnose_window(query: Annotated[WindowQuery, Query()], project: Project) -> WindowVerdict:
        """Who is to blame for what is unusual in a time window, against a baseline."""
        return _answer(diagnosis.verdict(engine, project, query.question(project, limits, known, thresholds)))


def _answer(found: diagnosis.Verdict) -> WindowVerdict:
    limits = found.thresholds
    culprits = [_culprit(rank, each, limits) for rank, each in enumerate(found.accused, 1)]
    verdict, summary = _summary(found, culprits)
    return WindowVerdict(
        verdict=verdict,
        summary=summary,
        traffic=[_traffic(each, found.window) for each in found.traffic if found.enough_history],
        culprits=culprits,
        services=_ranks(found.services_accused, limits),
        instances=_ranks(found.accused, limits),
        operations=_ranks(found.operations_accused, limits),
        checked=Checked(
            window=_checked(found.window),
            baseline=_checked(found.baseline),
            baseline_source=found.baseline_source,
            instances=found.instances,
            operations=found.operations,
            edges=found.edges,
            unknown_operations=found.unknown_operations,
            sample=found.sample,
            complete=found.matching,
            templates=found.templates,
            rules=list(RULES),
            thresholds=limits.changed(),
        ),
    )


def _summary(found: diagnosis.Verdict, culprits: list[WindowCulprit]) -> tuple[Any, str]:
    made = f"{counted(found.instances, 'instance')} and {counted(found.operations, 'operation')}"
    looked = f"{counted(found.window.traces, 'trace')} of {made}"
    if not found.window.traces and not found.window.records:
        return "no traces", "No trace began in this time range, and no log record was written in it."
    looked += f" and {counted(found.window.records, 'log record')}"
    known = f"{counted(found.baseline.traces, 'trace')} and {counted(found.baseline.records, 'log record')}"
    if not found.enough_history:
        return "not enough history", f"The baseline has {known}; {looked} were looked at."
    if not found.notable:
        said = " ".join(["", *(each.claim for each in found.traffic[:1])])
        return "nothing unusual", f"Nothing stands out in {looked}, against {known}.{said}"
    return "culprit", culprits[0].claim


def _ranks(accused: Sequence[diagnosis.Accused], limits: Thresholds) -> list[WindowRank]:
    return [WindowRank(**_rank(rank, each, limits)) for rank, each in enumerate(accused, 1)]


def _rank(rank: int, each: diagnosis.Accused, limits: Thresholds) -> dict[str, Any]:
    leading = each.culprit.leading
    return {
        "rank": rank,
        "service": each.culprit.service,
        "instance": each.culprit.instance,
        "operation": leading.culprit.name,
        "score": round(each.culprit.score, 4),
        "notable": each.culprit.score >= limits.notable_score,
        "kind": each.kind,
        "claim": each.claim,
        "since": each.since,
        "evidence": [_evidence(shown) for shown in each.evidence],
    }


def _culprit(rank: int, each: diagnosis.Accused, limits: Thresholds) -> WindowCulprit:
    return WindowCulprit(
        **_rank(rank, each, limits),
        claims=each.claims,
        since_unix_nano=each.since,
        coincides=[
            WindowCoincidence(
                kind=found.kind,
                key=found.key,
                value=found.value,
                since_unix_nano=found.since,
                sentence=found.sentence,
                deploy_id=found.deploy,
                evidence=None if found.shown is None else _evidence(found.shown),
            )
            for found in each.coincides or ()
        ],
    )


def _traffic(each: Traffic, window: diagnosis.Window) -> TrafficChange:
    return TrafficChange(
        service=each.service,
        operation=each.operation,
        usual=round(each.rates.usual, 4),
        now=round(each.rates.now, 4),
        since_unix_nano=window.start + (window.end - window.start) * each.slice // BUCKETS,
        claim=each.claim,
    )


def _evidence(shown: Shown) -> WindowEvidence:
    return WindowEvidence(
        kind="span" if shown.time is None else "log",
        trace_id=shown.trace_id,
        span_id=shown.span_id,
        service=shown.service,
        instance=shown.instance,
        operation=shown.operation,
        time_unix_nano=shown.time,
        text=shown.text,
    )


def _checked(window: diagnosis.Window) -> CheckedWindow:
    return CheckedWindow(
        start_time_unix_nano=window.start,
        end_time_unix_nano=window.end,
        trace_count=window.traces,
        span_count=window.spans,
        record_count=window.records,
    )
