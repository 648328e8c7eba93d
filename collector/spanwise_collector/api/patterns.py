"""Templates of log records, below /api/v1."""

import time
from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api import present
from spanwise_collector.api.diagnosis import BaselineQuery
from spanwise_collector.api.models import Answer, Listing
from spanwise_collector.api.parameters import QueryText, Text, Time, read, without_groups
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.query import patterns
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.patterns import PatternSearch, Range
from spanwise_collector.query.times import parse_time
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE

_USUAL_RANGE: Final = 3_600_000_000_000


class PatternQuery(BaselineQuery):
    """The last hour where nothing is said; the baseline as long a time before it. Both are widened to whole minutes."""

    start: Time = None
    end: Time = None
    q: QueryText = None
    service: Text | None = None
    sort: Literal["count", "new", "gone", "ratio"] = Field(
        default="count",
        description="`count`: the most frequent first. `new`: only those without a record in the baseline; `gone`: only"
        " those without a record now; `ratio`: whose share of their service's records has grown most.",
    )
    limit: int = Field(default=100, ge=1, le=1000)

    def search(self, project: str, limits: Limits) -> PatternSearch:
        """The search that is asked for; raises InvalidParameter."""
        now = time.time_ns()
        end = parse_time(self.end, "end", now) if self.end is not None else now
        start = parse_time(self.start, "start", now) if self.start is not None else max(0, end - _USUAL_RANGE)
        if end <= start:
            raise InvalidParameter("end", "`end` is not after `start`: the time range is empty.")
        asked, given = Range.around(start, end), self.baseline()
        if given is not None:
            before = Range.around(given.start, given.end)
        else:
            before = Range(max(0, asked.first - (asked.last - asked.first)), asked.first)
        where = without_groups(read(self.q, "logs", limits))
        return PatternSearch(
            project, asked, before if before.first < before.last else None, self.service, where, self.sort, self.limit
        )


class PatternCount(Answer):
    time_unix_nano: int = Field(description="Where the step begins.")
    count: int


class SeverityCount(Answer):
    severity_number: int
    count: int


class Pattern(Answer):
    id: str = Field(description="For `pattern:` in a search. Any of `forms` names it too.")
    service: str
    template: str = Field(description="`<*>` stands for a parameter.")
    example: str = Field(description="One record's text, at most 1,024 bytes of it.")
    forms: list[str] = Field(description="`pattern` of the records that are of it, at most 100 of them.")
    form_count: int
    first_seen_unix_nano: int = Field(description="Of all that is kept, not only of the range.")
    last_seen_unix_nano: int
    count: int
    share: float = Field(description="Of the service's records in the range.")
    baseline_count: int | None = Field(description="None where there is no baseline.")
    ratio: float | None = Field(description="Its share against that in the baseline; None where it was not there.")
    severities: list[SeverityCount]
    counts: list[PatternCount] = Field(description="Steps without records are left out.")
    trace_ids: list[str] = Field(description="Some traces with such a record, the newest first.")


class PatternList(Listing):
    patterns: list[Pattern]
    start_unix_nano: int = Field(description="The range that was counted, in whole minutes.")
    end_unix_nano: int
    baseline_start_unix_nano: int | None
    baseline_end_unix_nano: int | None
    step: int = Field(description="Of `counts`, in ns: a minute or, of a long range, as many as make 120 steps.")
    record_count: int
    forms_left_out: int = Field(description="Forms beyond the 5,000 of a service that are compared: in no template.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits) -> None:
    """Add the list of patterns to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/patterns", tags=["logs"])
    def list_patterns(query: Annotated[PatternQuery, Query()], project: Project) -> PatternList:
        """What kinds of log records there are, which are new or gone against a baseline, and which came more often."""
        search = query.search(project, limits)
        found = patterns.search(engine, search)
        asked, before = search.asked, search.baseline
        return PatternList(
            patterns=[_pattern(each) for each in found.page.items],
            start_unix_nano=asked.first * MINUTE,
            end_unix_nano=asked.last * MINUTE,
            baseline_start_unix_nano=before.first * MINUTE if before else None,
            baseline_end_unix_nano=before.last * MINUTE if before else None,
            step=found.step * MINUTE,
            record_count=found.records,
            forms_left_out=found.forms_left_out,
            **present.coverage(found.page),
        )


def _pattern(found: patterns.Pattern) -> Pattern:
    return Pattern(
        id=f"{found.template.id:016x}",
        service=found.service,
        template=found.template.text,
        example=found.example,
        forms=[f"{form:016x}" for form in found.template.forms[:100]],
        form_count=len(found.template.forms),
        first_seen_unix_nano=found.first_seen,
        last_seen_unix_nano=found.last_seen,
        count=found.count,
        share=found.share,
        baseline_count=found.baseline_count,
        ratio=found.ratio,
        severities=[
            SeverityCount(severity_number=number, count=count)
            for number, count in sorted((found.severities or {}).items())
        ],
        counts=[
            PatternCount(time_unix_nano=minute * MINUTE, count=count)
            for minute, count in sorted((found.counts or {}).items())
        ],
        trace_ids=list(found.trace_ids),
    )
