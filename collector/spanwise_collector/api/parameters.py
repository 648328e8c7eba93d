"""What a query may ask for: the parameters of each route, and what they mean."""

import re
import time
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanwise_collector.errors import InvalidParameter, excerpt
from spanwise_collector.model.log import SEVERITIES
from spanwise_collector.model.span import STATUS_CODES
from spanwise_collector.query.logs import LogSearch
from spanwise_collector.query.metrics import MetricSearch
from spanwise_collector.query.search import SpanFilter
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


class TraceQuery(TimeRange):
    service: Text | None = None
    operation: Text | None = Field(default=None, description="A span's name.")
    status: Literal["ok", "error", "unset"] | None = None
    min_duration: Duration = None
    max_duration: Duration = None
    attribute: list[Text] = Field(
        default=[],
        max_length=32,
        description="key=value, of the span or its resource; may be repeated, and all must hold for the same span.",
        examples=[["http.route=/pay"]],
    )
    sort: Literal["newest", "slowest"] = "newest"
    limit: int = Field(default=20, ge=1, le=1000)
    cursor: Cursor = None

    def search(self, project: str) -> TraceSearch:
        """The search that is asked for; raises InvalidParameter."""
        start, end = self.bounds()
        return TraceSearch(project, start, end, self._filter(), self.sort, self.limit, self.cursor)

    def _filter(self) -> SpanFilter:
        return SpanFilter(
            service=self.service,
            operation=self.operation,
            status_code=STATUS_CODES.index(self.status) if self.status else None,
            min_duration=parse_duration(self.min_duration, "min_duration") if self.min_duration is not None else None,
            max_duration=parse_duration(self.max_duration, "max_duration") if self.max_duration is not None else None,
            attributes=tuple(_key_and_value(text) for text in self.attribute),
        )


class LogQuery(TimeRange):
    trace_id: Text | None = None
    span_id: Text | None = None
    service: Text | None = None
    severity: str | None = Field(
        default=None, max_length=10, description="The least: TRACE, DEBUG, INFO, WARN, ERROR, FATAL or 1 to 24."
    )
    text: Text | None = Field(
        default=None, min_length=1, description="Found anywhere in the body, upper or lower case."
    )
    sort: Literal["newest", "oldest"] | None = Field(default=None, description="Newest first; of a trace oldest first.")
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: Cursor = None

    def search(self, project: str) -> LogSearch:
        """The search that is asked for; raises InvalidParameter."""
        start, end = self.bounds()
        return LogSearch(
            project=project,
            start=start,
            end=end,
            trace_id=parse_trace_id(self.trace_id) if self.trace_id is not None else None,
            span_id=_parse_id(self.span_id, "span_id", 16) if self.span_id is not None else None,
            service=self.service,
            min_severity=_severity(self.severity) if self.severity is not None else None,
            text=self.text,
            sort=self.sort or ("newest" if self.trace_id is None else "oldest"),
            limit=self.limit,
            cursor=self.cursor,
        )


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
    return _parse_id(text.rjust(32, "0") if len(text) == 16 else text, "trace_id", 32)


def _parse_id(text: str, parameter: str, length: int) -> str:
    if len(text) != length or not _HEX.fullmatch(text):
        raise InvalidParameter(parameter, f"`{parameter}` is {excerpt(text, 40)!r}; give {length} hex digits.")
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
