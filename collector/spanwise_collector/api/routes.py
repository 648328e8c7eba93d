"""The routes below /api/v1."""

import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from spanwise_collector.api import (
    aggregate,
    columns,
    compare,
    diagnosis,
    diagnosis_trace,
    facets,
    forms,
    histogram,
    lists,
    models,
    patterns,
    present,
    services,
    spans,
    suggest,
    trace_models,
    trace_present,
)
from spanwise_collector.api.parameters import MetricQuery, TimeRange, parse_trace_id
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.query import metrics, trace
from spanwise_collector.query.extent import DEFAULT_MOST, Most
from spanwise_collector.query.known import NOTHING_KNOWN, Known
from spanwise_collector.query.language.parse import DEFAULT_LIMITS, Limits
from spanwise_collector.store import Engine


def router(  # noqa: PLR0913, PLR0917 - what the routes need between them
    engine: Engine,
    status: Callable[[str], models.CollectorStatus],
    max_trace_spans: int,
    project_of: Callable[[Request], str],
    limits: Limits = DEFAULT_LIMITS,
    most: Most = DEFAULT_MOST,
    known: Known = NOTHING_KNOWN,
    thresholds: Thresholds = DEFAULTS,
) -> APIRouter:
    """The API over one engine. `project_of` names the project of a request, or raises Refused.

    `known` is what is written down about projects, `thresholds` from when on something is unusual.
    """
    failures: dict[int | str, dict[str, Any]] = {code: {"model": models.ErrorAnswer} for code in (400, 422, 503)}
    made = APIRouter(prefix="/api/v1", responses=failures)
    Project = Annotated[str, Depends(project_of)]

    lists.add(made, engine, project_of, limits)
    forms.add(made, engine, project_of, max_trace_spans, limits)

    @made.get("/traces/{trace_id}", tags=["traces"], responses={404: {"model": models.ErrorAnswer}})
    def get_trace(trace_id: str, project: Project) -> trace_models.Trace:
        """One trace, whole: its tree in display order, with nothing dropped that arrived."""
        return trace_present.trace(
            trace.load(engine, project, parse_trace_id(trace_id), max_trace_spans), time.time_ns()
        )

    @made.get("/metrics", tags=["metrics"])
    def list_metrics(query: Annotated[TimeRange, Query()], project: Project) -> models.MetricList:
        """Every metric that was seen, by name."""
        page = metrics.names(engine, project, *query.bounds())
        return models.MetricList(metrics=[present.metric(each) for each in page.items], **present.coverage(page))

    # No path with a line break in it comes here.
    @made.get("/metrics/{name:path}", tags=["metrics"], responses=models.described(404))
    def get_metric(name: str, query: Annotated[MetricQuery, Query()], project: Project) -> models.MetricSeriesList:
        """One metric over time, a series for each service, instance and set of attributes."""
        page = metrics.series(engine, query.search(project, name))
        return models.MetricSeriesList(series=[present.series(each) for each in page.items], **present.coverage(page))

    @made.get("/status", tags=["collector"])
    def get_status(project: Project) -> models.CollectorStatus:
        """What the collector holds of the project, and what it has accepted and refused of all, and why."""
        return status(project)

    for part in (spans, suggest, aggregate, histogram):
        part.add(made, engine, project_of, limits)
    for bounded in (columns, services, facets, patterns):
        bounded.add(made, engine, project_of, limits, most)
    diagnosis.add(made, engine, project_of, limits, known, thresholds)
    diagnosis_trace.add(made, engine, project_of, max_trace_spans, thresholds, known)
    compare.add(made, engine, project_of, max_trace_spans, limits)
    return made
