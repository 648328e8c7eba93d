"""What a query may ask for: the parameters of each route, and what they mean."""

import re
import time
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanwise_collector.errors import InvalidParameter, excerpt
from spanwise_collector.model.log import SEVERITIES
from spanwise_collector.model.span import STATUS_CODES
from spanwise_collector.query.language.parse import DEFAULT_LIMITS, Limits, parse
from spanwise_collector.query.language.tree import (
    EVERYTHING,
    Equals,
    FreeText,
    Key,
    Level,
    Node,
    Number,
    Query,
    Spans,
    Term,
    Test,
    all_of,
)
from spanwise_collector.query.metrics import MetricSearch
from spanwise_collector.query.records import RecordSearch
from spanwise_collector.query.times import MAX_TIME, parse_duration, parse_time
from spanwise_collector.query.traces import TraceSearch
from spanwise_collector.store.tables import MINUTE

_HEX: Final = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_TEXT: Final = 4096

Text = Annotated[str, Field(max_length=_TEXT)]
Time = Annotated[
    str | None,
    Field(max_length=64, description="RFC 3339, nanoseconds since the epoch, or such as now-15m.", examples=["now-1h"]),
]
Duration = Annotated[
    str | None, Field(max_length=64, description="Such as 500ms or 1.5s; digits are ns.", examples=["500ms"])
]
QueryText = Annotated[
    str | None,
    Field(
        description="In the search language: docs/query-language.md.",
        examples=['service:checkout status:error duration>500ms http.route:"/pay/*"'],
    ),
]
Cursor = Annotated[str | None, Field(max_length=1024, description="`next_cursor` of an earlier answer.")]


class TimeRange(BaseModel):
    """From `start` (inclusive) to `end` (exclusive); all there is where they are left out."""

    # A parameter that is not known is refused: a misspelt filter must not look like one that found everything.
    model_config = ConfigDict(extra="forbid")

    start: Time = None
    end: Time = None

    def bounds(self) -> tuple[int, int]:
        """Nanoseconds since the epoch; raises InvalidParameter."""
        now = time.time_ns()
        start = parse_time(self.start, "start", now) if self.start is not None else 0
        end = parse_time(self.end, "end", now) if self.end is not None else MAX_TIME
        if end <= start:
            raise InvalidParameter("end", "`end` is not after `start`: the time range is empty.")
        return start, end


def _is(name: str, test: Test) -> Term:
    return Term(Key("field", name), test)


def read(text: str | None, level: Level, limits: Limits = DEFAULT_LIMITS) -> Query:
    """The meaning of a `q`; raises InvalidQuery."""
    return Query() if text is None else parse(text, level, limits)


def without_groups(query: Query) -> Node:
    """What a list searches for; raises InvalidParameter where the query makes groups."""
    if query.pipeline is not None:
        raise InvalidParameter("q", "`q` makes groups with `|`: ask /api/v1/aggregate for them; this is a list.")
    return query.where


class SpanParameters(TimeRange):
    """What one span must be like, word by word; the same can be said in `q`, and all of it must hold."""

    q: QueryText = None
    service: Text | None = None
    operation: Text | None = Field(default=None, description="A span's name.")
    status: Literal["ok", "error", "unset"] | None = None
    min_duration: Duration = None
    max_duration: Duration = None
    attribute: list[Text] = Field(
        default=[],
        max_length=32,
        description="key=value, of the span or else its resource; may be repeated, and all must hold together.",
        examples=[["http.route=/pay"]],
    )

    def condition(self) -> Node:
        """What the parameters besides `q` say; raises InvalidParameter."""
        terms: list[Node] = []
        for name, text in (("service", self.service), ("name", self.operation)):
            if text is not None:
                terms.append(_is(name, Equals(text)))
        if self.status is not None:
            terms.append(_is("status", Number("=", STATUS_CODES.index(self.status))))
        if self.min_duration is not None:
            terms.append(_is("duration", Number(">=", parse_duration(self.min_duration, "min_duration"))))
        if self.max_duration is not None:
            terms.append(_is("duration", Number("<=", parse_duration(self.max_duration, "max_duration"))))
        for text in self.attribute:
            key, value = _key_and_value(text)
            terms.append(Term(Key("plain", key), Equals(value)))
        return all_of(*terms)


class TraceQuery(SpanParameters):
    sort: Literal["newest", "slowest"] = "newest"
    limit: int = Field(default=20, ge=1, le=1000)
    cursor: Cursor = None

    def search(self, project: str, limits: Limits = DEFAULT_LIMITS) -> TraceSearch:
        """The search that is asked for; raises InvalidParameter."""
        start, end = self.bounds()
        where = without_groups(read(self.q, "traces", limits))
        spans = self.condition()
        if spans != EVERYTHING:
            where = all_of(Spans(spans), where)
        most = limits.structure_spans
        return TraceSearch(project, start, end, where, self.sort, self.limit, self.cursor, most)


class SpanQuery(SpanParameters):
    trace_id: Text | None = None
    sort: Literal["newest", "oldest"] = "newest"
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: Cursor = None

    def search(self, project: str, limits: Limits = DEFAULT_LIMITS) -> RecordSearch:
        """The search that is asked for; raises InvalidParameter."""
        start, end = self.bounds()
        where = all_of(self.condition(), without_groups(read(self.q, "spans", limits)))
        trace_id = None if self.trace_id is None else parse_trace_id(self.trace_id)
        return RecordSearch(project, start, end, where, self.sort, self.limit, self.cursor, trace_id)


class LogParameters(TimeRange):
    """What a log record must be like, word by word; the same can be said in `q`, and all of it must hold."""

    q: QueryText = None
    trace_id: Text | None = None
    span_id: Text | None = None
    service: Text | None = None
    severity: str | None = Field(
        default=None,
        max_length=10,
        description="The least, upper or lower case.",
        json_schema_extra=lambda schema: schema.update(enum=[*SEVERITIES, *map(str, range(1, 25)), None]),
    )
    text: Text | None = Field(
        default=None, min_length=1, description="Found anywhere in the body, upper or lower case."
    )

    def condition(self) -> Node:
        """What the parameters besides `q` say; raises InvalidParameter."""
        trace = [] if self.trace_id is None else [_is("trace_id", Equals(parse_trace_id(self.trace_id)))]
        return all_of(*trace, self.in_any_trace())

    def in_any_trace(self) -> Node:
        """What the parameters besides `q` and `trace_id` say; raises InvalidParameter."""
        terms: list[Node] = []
        if self.span_id is not None:
            terms.append(_is("span_id", Equals(parse_span_id(self.span_id))))
        if self.service is not None:
            terms.append(_is("service", Equals(self.service)))
        if self.severity is not None:
            terms.append(_is("severity", Number(">=", _severity(self.severity))))
        if self.text is not None:
            terms.append(FreeText(self.text))
        return all_of(*terms)


class LogQuery(LogParameters):
    sort: Literal["newest", "oldest"] | None = Field(default=None, description="Newest first; of a trace oldest first.")
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: Cursor = None

    def search(self, project: str, limits: Limits = DEFAULT_LIMITS) -> RecordSearch:
        """The search that is asked for; raises InvalidParameter."""
        start, end = self.bounds()
        where = all_of(self.in_any_trace(), without_groups(read(self.q, "logs", limits)))
        trace_id = None if self.trace_id is None else parse_trace_id(self.trace_id)
        sort = self.sort or ("newest" if trace_id is None else "oldest")
        return RecordSearch(project, start, end, where, sort, self.limit, self.cursor, trace_id)


class MetricQuery(TimeRange):
    service: Text | None = None
    step: Duration = Field(default=None, max_length=64, description="Length of a step; a minute where it is left out.")

    def search(self, project: str, name: str) -> MetricSearch:
        """The search that is asked for; raises InvalidParameter."""
        start, end = self.bounds()
        step = parse_duration(self.step, "step") if self.step is not None else MINUTE
        if step < 1_000_000:
            raise InvalidParameter("step", f"`step` is {excerpt(str(self.step), 40)!r}; give 1ms or longer.")
        return MetricSearch(project, name, start, end, step, self.service)


def parse_trace_id(text: str) -> str:
    """32 lower-case hex digits; a 64-bit id of B3 is filled with zeros on the left. Raises InvalidParameter."""
    trace_id = _parse_id(text, "trace_id", 32, 16).rjust(32, "0")
    if not trace_id.strip("0"):
        # W3C and OTLP say so; in the store zeros stand where a record came without an id, and all those are no trace.
        raise InvalidParameter("trace_id", "`trace_id` is all zeros, which is the id of no trace.")
    return trace_id


def parse_span_id(text: str, parameter: str = "span_id") -> str:
    """16 lower-case hex digits. Raises InvalidParameter."""
    return _parse_id(text, parameter, 16)


def _parse_id(text: str, parameter: str, *lengths: int) -> str:
    if len(text) not in lengths or not _HEX.fullmatch(text):
        given = " or ".join(map(str, lengths))
        raise InvalidParameter(parameter, f"`{parameter}` is {excerpt(text, 40)!r}; give {given} hex digits.")
    return text.lower()


def _key_and_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise InvalidParameter(
            "attribute", f"`attribute` is {excerpt(text, 40)!r}; give key=value, such as http.route=/pay."
        )
    return key, value


def _severity(text: str) -> int:
    if text.upper() in SEVERITIES:
        return SEVERITIES[text.upper()]
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 24:
        return int(text)
    raise InvalidParameter(
        "severity", f"`severity` is {excerpt(text, 40)!r}; give {', '.join(SEVERITIES)} or a number from 1 to 24."
    )
