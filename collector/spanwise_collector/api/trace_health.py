"""`/api/v1/health/traces`: how many of the traces of the last minutes miss spans, and in how many clocks disagree."""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer, described
from spanwise_collector.model.health import RECENT_MINUTES
from spanwise_collector.query.incomplete import Faulty, incomplete
from spanwise_collector.store import Engine


class FaultyTraces(Answer):
    trace_count: int
    trace_ids: list[str] = Field(description="Of ten at most, the newest first.")


class TraceHealth(Answer):
    """Of spans that began in the time range: those of the last minute are left out, whose parents may still come."""

    start_unix_nano: int
    end_unix_nano: int
    one_in: int = Field(description="One trace in so many was looked at, so that it was not too many spans; 1: all.")
    trace_count: int = Field(description="So many were looked at.")
    missing_spans: FaultyTraces = Field(
        description="A span names a parent that is not there. Spans are sent when they end: a trace whose last span"
        " ended less than a minute ago, or less long ago than it had taken until then, is not counted. Parents that"
        " began up to a day before are looked for, those of the newest 100 such traces."
    )
    clocks: FaultyTraces = Field(description="A span began before the one that called it, in another service.")


def router(engine: Engine, project_of: Callable[[Request], str]) -> APIRouter:
    """The route over one store."""
    made = APIRouter(prefix="/api/v1", tags=["collector"], responses=described(401, 403, 422, 503))

    @made.get("/health/traces")
    def get_trace_health(
        project: Annotated[str, Depends(project_of)], minutes: Annotated[int, Query(ge=2, le=RECENT_MINUTES)] = 15
    ) -> TraceHealth:
        """Whether the traces of the last minutes are whole, and whether the clocks in them agree."""
        found = incomplete(engine, project, time.time_ns(), minutes)
        return TraceHealth(
            start_unix_nano=found.start,
            end_unix_nano=found.end,
            one_in=found.one_in,
            trace_count=found.traces,
            missing_spans=_faulty(found.missing),
            clocks=_faulty(found.skewed),
        )

    return made


def _faulty(found: Faulty) -> FaultyTraces:
    return FaultyTraces(trace_count=found.traces, trace_ids=found.examples)
