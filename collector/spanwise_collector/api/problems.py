"""`/api/v1/problems`: what is broken right now, and what was."""

import time
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from spanwise_collector.api import present
from spanwise_collector.api.models import Answer, Listing, described
from spanwise_collector.api.parameters import TimeRange
from spanwise_collector.notebook import Notebook, problems
from spanwise_collector.query.diagnosis import Window
from spanwise_collector.query.page import Page
from spanwise_collector.query.problems import Look, Outcome

_MAX_TIME: Final = (1 << 63) - 1
_NO_NUL: Final = r"^[^\x00]*$"
_SURE, _LIKELY = 0.75, 0.5
ProblemId = Annotated[int, Field(ge=1, lt=1 << 31)]


class ProblemQuery(TimeRange):
    """Those that went on at any time from `start` to `end`; of all that is kept where they are left out."""

    state: Literal["open", "all"] = Field(default="open", description="`open`: only those that still go on.")
    limit: int = Field(default=100, ge=1, le=1000)


class MuteWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    muted: bool = Field(default=True, description="false: let it be heard again.")
    note: str = Field(default="", max_length=2000, pattern=_NO_NUL, description="Why, for others to read.")


class Problem(Answer):
    id: int
    sentence: str = Field(description="Who is to blame and for what, with figures.")
    claims: list[str] = Field(description="All that the culprit is blamed for, the strongest first.")
    kind: Literal["slow", "failing", "silent", "overloaded", "changed"]
    service: str
    instance: str
    operation: str
    score: float = Field(description="From 0 to 1, as in /api/v1/diagnosis.")
    confidence: Literal["sure", "likely", "possible"] = Field(description="`score` from 0.75, from 0.5, or below.")
    state: Literal["open", "over"]
    onset_unix_nano: int
    last_seen_unix_nano: int = Field(description="The last look that found it.")
    ended_unix_nano: int | None = Field(description="None while it goes on.")
    services: list[str] = Field(description="The culprit, and every service that calls it directly or through others.")
    traces_per_minute: float = Field(description="Traces a minute that pass through the culprit's service.")
    trace_id: str = Field(description='A trace that shows it; "" where there is none.')
    span_id: str
    muted: bool
    muted_unix_nano: int | None
    mute_note: str


class LookedAt(Answer):
    start_time_unix_nano: int
    end_time_unix_nano: int
    trace_count: int
    span_count: int


class LastLook(Answer):
    """Whether an empty list means that nothing is broken: only after a look that `looked`."""

    outcome: Outcome
    time_unix_nano: int | None
    window: LookedAt | None
    baseline: LookedAt | None
    took: int = Field(description="How long it took, in ns.")
    interval: int = Field(description="Between two looks, in ns; 0 where nobody looks (--look-interval).")
    error: str = Field(description='Why it failed; "" where it did not.')


class ProblemList(Listing):
    problems: list[Problem] = Field(description="Those that go on first, the surest first; then the last that ended.")
    last_look: LastLook


def router(
    notebook: Notebook, last_look: Callable[[str], Look], interval: float, project_of: Callable[[Request], str]
) -> APIRouter:
    """The routes over what the looks have found; `interval` is in seconds."""
    made = APIRouter(prefix="/api/v1", tags=["problems"], responses=described(400, 401, 403, 422, 503))
    Project = Annotated[str, Depends(project_of)]

    @made.get("/problems")
    def list_problems(query: Annotated[ProblemQuery, Query()], project: Project) -> ProblemList:
        """What is broken right now, or was: one row a cause, not one a symptom."""
        start, end = (min(each, _MAX_TIME) for each in query.bounds())
        found, total = problems.every(
            notebook, project, start=start, end=end, open_only=query.state == "open", limit=query.limit
        )
        page = Page(found, total, "eq", "end" if len(found) == total else "limit")
        return ProblemList(
            problems=[_problem(each) for each in found],
            last_look=_look(last_look(project), interval),
            **present.coverage(page),
        )

    @made.post("/problems/{problem_id}/mute", responses=described(404))
    def mute_problem(problem_id: ProblemId, wanted: MuteWanted, project: Project) -> Problem:
        """Mute a problem, or let it be heard again: it stays in the list, and says so."""
        now = time.time_ns() if wanted.muted else None
        return _problem(problems.mute(notebook, project, problem_id, now, wanted.note))

    return made


def _problem(kept: problems.Kept) -> Problem:
    seen: Any = kept.seen
    return Problem(
        id=kept.id,
        sentence=seen.sentence,
        claims=list(seen.claims),
        kind=seen.kind,
        service=seen.service,
        instance=seen.instance,
        operation=seen.operation,
        score=seen.score,
        confidence="sure" if seen.score >= _SURE else "likely" if seen.score >= _LIKELY else "possible",
        state="open" if kept.ended is None else "over",
        onset_unix_nano=seen.onset,
        last_seen_unix_nano=kept.last_seen,
        ended_unix_nano=kept.ended,
        services=list(seen.services),
        traces_per_minute=seen.traces_per_minute,
        trace_id=seen.trace_id,
        span_id=seen.span_id,
        muted=kept.muted is not None,
        muted_unix_nano=kept.muted,
        mute_note=kept.mute_note,
    )


def _look(look: Look, interval: float) -> LastLook:
    return LastLook(
        outcome=look.outcome,
        time_unix_nano=look.time or None,
        window=_looked_at(look.window),
        baseline=_looked_at(look.baseline),
        took=look.took,
        interval=round(interval * 1e9),
        error=look.error,
    )


def _looked_at(window: Window | None) -> LookedAt | None:
    if window is None:
        return None
    return LookedAt(
        start_time_unix_nano=window.start,
        end_time_unix_nano=window.end,
        trace_count=window.traces,
        span_count=window.spans,
    )
