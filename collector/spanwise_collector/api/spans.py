"""The list of spans, below /api/v1."""

import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, JsonValue
from starlette.requests import Request
from starlette.responses import Response

from spanwise_collector.api import hinted, line_by_line, present, trace_present
from spanwise_collector.api.line_by_line import ByLine
from spanwise_collector.api.models import (
    KIND_NUMBER,
    Answer,
    Event,
    InstrumentationScope,
    KindWord,
    Link,
    Resource,
    Searched,
    Status,
    described,
)
from spanwise_collector.api.parameters import SpanQuery, parse_span_id, parse_trace_id
from spanwise_collector.api.trace_models import Gap
from spanwise_collector.api.values import attributes_to_json
from spanwise_collector.model.span import Span, kind_word
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.records import found_spans, search_spans
from spanwise_collector.query.span_details import Detail, details
from spanwise_collector.store import Engine
from spanwise_collector.trace.lost_parents import Reason


class FoundSpan(Answer):
    """A span by itself; the offsets of its events count from its own start."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: KindWord
    kind_number: int = Field(description=KIND_NUMBER)
    service: str
    instance: str
    start_time_unix_nano: int
    end_time_unix_nano: int
    duration: int
    unfinished: bool
    status: Status
    trace_state: str
    flags: int
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    events: list[Event]
    dropped_events_count: int
    links: list[Link]
    dropped_links_count: int
    resource: Resource
    scope: InstrumentationScope


class SpanDetail(FoundSpan):
    """A span with what the spans around it tell."""

    parent_missing_reason: Reason | None = Field(description="None: it has none, or its parent has arrived.")
    gaps: list[Gap] | None = Field(
        description="In time order, from 1 ms and 1% of the trace on. None: it has more than 20,000 spans around it."
    )


class Wanted(BaseModel):
    """Which spans of a trace are asked for."""

    ids: list[str] = Field(min_length=1, max_length=200, description="Ids of spans, 16 hex digits each.")


class Details(Answer):
    spans: list[SpanDetail] = Field(description="Those that there are, by their start; an id may have several.")


class SpanList(Searched):
    spans: list[FoundSpan] = Field(description="By their start, the newest first unless `sort` says otherwise.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits) -> None:
    """Add the list of spans to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/spans", tags=["spans"], response_model=SpanList, responses=line_by_line.documented(FoundSpan))
    def list_spans(query: Annotated[SpanQuery, Query()], project: Project, by_line: ByLine) -> SpanList | Response:
        """Spans that began in the time range and are as all filters say."""
        wanted = query.search(project, limits)
        hints = partial(hinted.of_search, engine, "spans", wanted)
        if by_line:
            return line_by_line.answer(by_line, found_spans(engine, wanted), found, hints)
        page = search_spans(engine, wanted)
        return SpanList(spans=[found(each) for each in page.items], hints=hints(page), **present.coverage(page))

    @made.post("/traces/{trace_id}/spans", tags=["traces"], responses=described(404))
    def get_spans(trace_id: str, wanted: Wanted, project: Project) -> Details:
        """Spans of one trace by their ids, with all that they carry: at most 200 at a time."""
        ids = [parse_span_id(each, "ids") for each in wanted.ids]
        shown = details(engine, project, parse_trace_id(trace_id), ids, time.time_ns())
        return Details(spans=[_detail(each, shown.began) for each in shown.found])


def _detail(shown: Detail, began: int) -> SpanDetail:
    gaps = None if shown.gaps is None else [trace_present.gap(each, began) for each in shown.gaps]
    return SpanDetail(**dict(found(shown.span)), gaps=gaps, parent_missing_reason=shown.lost)


def found(span: Span) -> FoundSpan:
    """A span by itself as the API shows it."""
    return FoundSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or None,
        name=span.name,
        kind=kind_word(span.kind),
        kind_number=span.kind,
        service=span.service,
        instance=span.instance,
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        duration=span.duration,
        unfinished=span.unfinished,
        status=present.status(span),
        trace_state=span.trace_state,
        flags=span.flags,
        attributes=attributes_to_json(span.attributes),
        dropped_attributes_count=span.dropped_attributes_count,
        events=[present.event(each, span.start) for each in span.events],
        dropped_events_count=span.dropped_events_count,
        links=[present.link(each) for each in span.links],
        dropped_links_count=span.dropped_links_count,
        resource=present.resource(span.resource),
        scope=present.scope(span.scope),
    )
