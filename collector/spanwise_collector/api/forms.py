"""The forms of traces and logs below /api/v1: files to keep and pages for what has no script."""

import json
import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from spanwise_collector.api import log_page, models, page, text, trace_present
from spanwise_collector.api.parameters import LogQuery, parse_trace_id
from spanwise_collector.model.log import LogRecord
from spanwise_collector.query import records, trace
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.trace import Trace
from spanwise_collector.store import Engine, wire

_PROTOBUF = "application/x-protobuf"
_MOST_LOGS = 1000
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": models.ErrorAnswer}}
_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


def add(
    made: APIRouter, engine: Engine, project_of: Callable[[Request], str], max_trace_spans: int, limits: Limits
) -> None:
    """Add the forms; before the trace itself, whose path would take their endings for a part of the id."""
    Project = Annotated[str, Depends(project_of)]

    def load(trace_id: str, project: str) -> Trace:
        return trace.load(engine, project, parse_trace_id(trace_id), max_trace_spans)

    def logs_of(loaded: Trace, project: str) -> list[LogRecord]:
        query = LogQuery(trace_id=loaded.trace_id, limit=_MOST_LOGS)
        return records.search_logs(engine, query.search(project)).items

    @made.get("/traces/{trace_id}.json", tags=["traces"], responses=_NOT_FOUND)
    def get_trace_json(trace_id: str, project: Project) -> Response:
        """The trace as `/traces/{trace_id}` answers it, indented, as a file to keep."""
        loaded = load(trace_id, project)
        content = json.dumps(trace_present.trace(loaded, time.time_ns()).model_dump(), indent=1, ensure_ascii=False)
        return Response(content, media_type="application/json", headers=_as_file(loaded, "json"))

    @made.get("/traces/{trace_id}.otlp", tags=["traces"], responses=_NOT_FOUND)
    def get_trace_otlp(trace_id: str, project: Project, request: Request) -> Response:
        """The trace as an OTLP request that any collector takes: protobuf, or JSON where `Accept` asks for it."""
        loaded = load(trace_id, project)
        message = wire.to_request(node.span for node in loaded.nodes)
        if "json" in request.headers.get("accept", ""):
            return Response(wire.to_json(message), media_type="application/json", headers=_as_file(loaded, "otlp.json"))
        return Response(message.SerializeToString(), media_type=_PROTOBUF, headers=_as_file(loaded, "otlp.pb"))

    @made.get("/traces/{trace_id}.txt", tags=["traces"], response_class=Response, responses=_TEXT | _NOT_FOUND)
    def get_trace_text(trace_id: str, project: Project, width: Annotated[int, Query(ge=40, le=400)] = 100) -> Response:
        """The waterfall with its log records as plain text, `width` columns wide: `curl …/traces/ID.txt`."""
        loaded = load(trace_id, project)
        content = "\n".join(text.waterfall(loaded, logs_of(loaded, project), width)) + "\n"
        return Response(content, media_type="text/plain; charset=utf-8")

    @made.get("/traces/{trace_id}.html", tags=["traces"], response_class=Response, responses=page.HTML | _NOT_FOUND)
    def get_trace_page(trace_id: str, project: Project) -> Response:
        """The waterfall with attributes and log records as a page that needs no script."""
        loaded = load(trace_id, project)
        return page.answer(page.html(loaded, logs_of(loaded, project)))

    @made.get("/logs.html", tags=["logs"], response_class=Response, responses=page.HTML)
    def get_logs_page(query: Annotated[LogQuery, Query()], project: Project) -> Response:
        """Log records as `/logs` finds them, as a page that needs no script, with a form to search."""
        wanted = query.search(project, limits)
        return page.answer(log_page.html(query, records.search_logs(engine, wanted), wanted.sort), asks=True)


def _as_file(loaded: Trace, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'inline; filename="{loaded.trace_id}.{ending}"'}
