"""A trace as columns: `GET /api/v1/traces/{id}/columns`, which the web view draws from."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import numpy as np
from fastapi import APIRouter, Depends, Query
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from spanwise_collector.api import present, trace_present
from spanwise_collector.api.column_bytes import MEDIA_TYPE, Column, compressed, encode, layout, narrow
from spanwise_collector.api.models import Listing, described
from spanwise_collector.api.parameters import QueryText, parse_trace_id, read, without_groups
from spanwise_collector.api.trace_models import Clock, TraceFacts
from spanwise_collector.model.span import kind_word, status_word
from spanwise_collector.query import trace_columns
from spanwise_collector.query.extent import Most
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.trace_columns import TraceColumns, matches
from spanwise_collector.store import Engine

# Bits of the column `flags`.
_ERROR, _PARENT_MISSING, _UNFINISHED, _EVENTS, _LINKS, _LOGS, _CRITICAL = (1 << bit for bit in range(7))
_OWN_PARENT, _CIRCLE, _SAME_ID, _PIECES, _NO_START, _ELSEWHEN, _BACKWARD = (1 << bit for bit in range(7, 14))
ODDITIES: Final = {
    _OWN_PARENT: "This span names itself as its parent; it is shown as a root.",
    _CIRCLE: "This span's ancestors form a circle; it is shown as a root because it is the earliest of them.",
    _SAME_ID: "Other spans of this trace have the same id.",
    _PIECES: "This span came in several pieces, which are shown as one.",
    _NO_START: "This span came without a start time; it is shown at the trace's start.",
    _ELSEWHEN: "This span is dated outside of its trace: it is drawn at the edge of the others.",
    _BACKWARD: "This span ends before it starts; its duration is shown as 0.",
}


class TraceHeader(TraceFacts):
    """What stands before the columns."""

    origin_unix_nano: str = Field(description="What the columns of times count from; as text, for it has over 53 bits.")
    clocks: list[Clock] = Field(
        description="Of every host, which the column `host` names; times are never corrected in place."
    )
    start_offset: str = Field(description="When the trace began, since the origin.")
    texts: dict[str, list[str]] = Field(description="What the numbers in the column of that name stand for.")
    oddities: dict[str, str] = Field(description="What is odd about a span that has this bit in `flags`.")
    columns: list[Column]


class Matches(Listing):
    """What stands before the columns of matches: `span_id`, and `start` in ns since the epoch."""

    columns: list[Column]


class MatchQuery(BaseModel):
    """What the spans must be like."""

    model_config = ConfigDict(extra="forbid")

    q: QueryText = None


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits, most: Most) -> None:
    """Add what is answered as columns to the API's routes."""
    Project = Annotated[str, Depends(project_of)]
    binary = {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
    answers = described(404) | {200: {"description": "Columns; docs/api.md has their layout.", **binary}}

    @made.get("/traces/{trace_id}/columns", tags=["traces"], response_class=Response, responses=answers)
    def get_columns(trace_id: str, project: Project, request: Request) -> Response:
        """One trace as columns in display order: a header in JSON, then arrays of little-endian numbers."""
        loaded = trace_columns.load(engine, project, parse_trace_id(trace_id), most.drawn_spans)
        return _answer(to_bytes(loaded), request)

    @made.get("/traces/{trace_id}/matches", tags=["traces"], response_class=Response, responses=answers)
    def get_matches(
        trace_id: str, query: Annotated[MatchQuery, Query()], project: Project, request: Request
    ) -> Response:
        """The spans of one trace that are as `q` says, as columns: their ids, and when they began."""
        where = without_groups(read(query.q, "spans", limits))
        found, total = matches(engine, project, parse_trace_id(trace_id), where, most.drawn_spans)
        arrays: dict[str, NDArray[Any]] = {"span_id": found["id"], "start": found["start"]}
        reason: Literal["end", "limit"] = "end" if total == len(found) else "limit"
        relation: Literal["eq", "gte"] = "eq" if reason == "end" else "gte"
        header = Matches(
            returned=len(found), total=total, total_relation=relation, reason=reason, columns=layout(arrays)
        )
        return _answer(encode(header, arrays), request)


def _answer(body: bytes, request: Request) -> Response:
    body, headers = compressed(body, request.headers.get("accept-encoding", ""))
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def to_bytes(loaded: TraceColumns) -> bytes:
    """The trace as the route answers it, not compressed."""
    spans, codes = loaded.spans, dict(loaded.codes)
    texts: dict[str, list[str]] = dict(loaded.texts.lists)
    for what, words, in_words in (("kind", spans.kind, kind_word), ("status", loaded.status, status_word)):
        known, codes[what] = np.unique(words, return_inverse=True)
        texts[what] = [in_words(int(each)) for each in known]
    rows = np.arange(len(spans))
    lost = np.flatnonzero(loaded.forest.missing)
    origin = spans.start.min()
    times = {
        "start": spans.start - origin,
        "duration": spans.duration,
        "self_time": loaded.self_time,
        "event_row": loaded.event_rows,
        "event_time": np.maximum(loaded.event_times, origin) - origin,
    }
    parents = np.where(loaded.forest.parent < 0, 0, rows - loaded.forest.parent)
    numbers = {"parent_delta": parents, "below": loaded.forest.below, **times, "lost_row": lost, **codes}
    arrays: dict[str, NDArray[Any]] = {name: narrow(array) for name, array in numbers.items()}
    arrays["flags"] = _flags(loaded)
    # As they were sent, first byte first.
    arrays["span_id"] = spans.id.byteswap()
    arrays["lost_parent"] = spans.parent_id[lost].byteswap()
    header = TraceHeader(
        **_facts(loaded),
        origin_unix_nano=str(origin),
        clocks=[trace_present.clock(each) for each in loaded.clocks],
        start_offset=str(loaded.began - int(origin)),
        texts=texts,
        oddities={str(bit): sentence for bit, sentence in ODDITIES.items()},
        columns=layout(arrays),
    )
    return encode(header, arrays)


def _flags(loaded: TraceColumns) -> NDArray[np.uint16]:
    spans, forest = loaded.spans, loaded.forest
    no_start = spans.start == 0
    # The bounds are compared as Python's numbers would be: the end may be the last that 64 bits hold.
    elsewhen = ~no_start & ((spans.start < np.uint64(loaded.began)) | (spans.start > np.uint64(loaded.ended)))
    ended = spans.end != 0
    bits = {
        _ERROR: loaded.failed,
        _PARENT_MISSING: forest.missing,
        _UNFINISHED: ~ended,
        _EVENTS: loaded.has_events,
        _LINKS: loaded.has_links,
        _LOGS: loaded.has_logs,
        _CRITICAL: loaded.critical,
        _OWN_PARENT: forest.own_parent,
        _CIRCLE: forest.circle,
        _SAME_ID: forest.same_id,
        _PIECES: loaded.pieces > 1,
        _NO_START: no_start,
        _ELSEWHEN: elsewhen,
        _BACKWARD: ~no_start & ~elsewhen & ended & (spans.end < spans.start),
    }
    flags = np.zeros(len(spans), dtype=np.uint16)
    for bit, mask in bits.items():
        flags |= mask.astype(np.uint16) * np.uint16(bit)
    return flags


def _facts(loaded: TraceColumns) -> dict[str, Any]:
    """The fields of TraceFacts."""
    services, names = loaded.codes["service"], loaded.texts.lists
    failed = loaded.failed
    counts = zip(names["service"], np.bincount(services).tolist(), strict=False)
    errors = zip(names["service"], np.bincount(services[failed]).tolist(), strict=False)
    roots = np.flatnonzero(loaded.spans.parent_id == 0)
    root = {what: names[what][loaded.codes[what][roots[0]]] if len(roots) else None for what in ("service", "name")}
    complete = loaded.span_count == len(loaded.spans)
    return {
        "trace_id": loaded.trace_id,
        "start_time_unix_nano": loaded.began,
        "end_time_unix_nano": loaded.ended,
        "duration": loaded.ended - loaded.began,
        "root_service": root["service"],
        "root_name": root["name"],
        "span_count": loaded.span_count,
        "error_count": int(failed.sum()),
        "missing_parents": int(loaded.forest.missing.sum()),
        "log_count": loaded.log_count,
        "services": present.service_counts({name: count for name, count in counts if count}, dict(errors)),
        "returned": len(loaded.spans),
        "total": loaded.span_count,
        "total_relation": "eq",
        "reason": "end" if complete else "limit",
    }
