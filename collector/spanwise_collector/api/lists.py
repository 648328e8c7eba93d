"""The lists of traces and of log records, below /api/v1."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from spanwise_collector.api import hinted, line_by_line, models, present
from spanwise_collector.api.line_by_line import ByLine
from spanwise_collector.api.parameters import LogQuery, TraceQuery
from spanwise_collector.query import records, traces
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.store import Engine


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits) -> None:
    """Add the lists to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get(
        "/traces",
        tags=["traces"],
        response_model=models.TraceList,
        responses=line_by_line.documented(models.TraceSummary),
    )
    def list_traces(
        query: Annotated[TraceQuery, Query()], project: Project, by_line: ByLine
    ) -> models.TraceList | Response:
        """Traces that began in the time range, are as `q` says, and have a span for which all other filters hold."""
        wanted = query.search(project, limits)
        hints = partial(hinted.of_search, engine, "traces", wanted)
        if by_line:
            return line_by_line.answer(by_line, traces.found(engine, wanted), present.trace_summary, hints)
        page = traces.search(engine, wanted)
        shown = [present.trace_summary(each) for each in page.items]
        return models.TraceList(traces=shown, hints=hints(page), **present.coverage(page))

    @made.get(
        "/logs", tags=["logs"], response_model=models.LogList, responses=line_by_line.documented(models.LogRecord)
    )
    def list_logs(query: Annotated[LogQuery, Query()], project: Project, by_line: ByLine) -> models.LogList | Response:
        """Log records of a trace, of a span, or by text, severity and service; or as `q` says."""
        wanted = query.search(project, limits)
        hints = partial(hinted.of_search, engine, "logs", wanted)
        if by_line:
            return line_by_line.answer(by_line, records.found_logs(engine, wanted), present.log_record, hints)
        page = records.search_logs(engine, wanted)
        shown = [present.log_record(each) for each in page.items]
        return models.LogList(logs=shown, hints=hints(page), **present.coverage(page))
