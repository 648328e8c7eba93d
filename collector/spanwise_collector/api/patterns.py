"""Templates of log records, below /api/v1."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api import present
from spanwise_collector.api.diagnosis import BaselineQuery
from spanwise_collector.api.models import Answer, Listing, described
from spanwise_collector.api.parameters import QueryText, Text, Time, parse_span_id, read, without_groups
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.grouping.parameters import places
from spanwise_collector.query import patterns
from spanwise_collector.query.extent import Most, Rows
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.language.tree import all_of
from spanwise_collector.query.pattern_parameters import Parameter, parameters
from spanwise_collector.query.patterns import PatternSearch, Range
from spanwise_collector.query.times import parse_time
from spanwise_collector.store import Engine
from spanwise_collector.store.errand import rows_scanned, time_taken
from spanwise_collector.store.tables import MINUTE

_USUAL_RANGE: Final = 3_600_000_000_000


class PatternRange(BaselineQuery):
    """The last hour where nothing is said; the baseline as long a time before it. Both are widened to whole minutes."""

    start: Time = None
    end: Time = None
    q: QueryText = None

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
        return PatternSearch(project, asked, before if before.first < before.last else None, where=where)


class PatternQuery(PatternRange):
    service: Text | None = None
    sort: Literal["count", "new", "gone", "ratio"] = Field(
        default="count",
        description="`count`: the most frequent first. `new`: only those without a record in the baseline; `gone`: only"
        " those without a record now; `ratio`: whose share of their service's records has grown most.",
    )
    limit: int = Field(default=100, ge=1, le=1000)

    def search(self, project: str, limits: Limits) -> PatternSearch:
        return replace(super().search(project, limits), service=self.service, sort=self.sort, limit=self.limit)


class PatternDetailQuery(PatternRange):
    values: int = Field(default=10, ge=1, le=100, description="Values of each parameter; the rest is `other`.")


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


class ParameterValue(Answer):
    value: str
    count: int


class ParameterNumbers(Answer):
    """Of the values that are a number as a whole."""

    count: int
    min: float
    p50: float = Field(description="One of them: at least half are no greater.")
    max: float


class PatternParameter(Answer):
    position: int = Field(description="Which `<*>` of the template it is; 0 is the first.")
    distinct: int
    values: list[ParameterValue] = Field(description="The most frequent first, then by value, as they are written.")
    other: int = Field(description="Records with other values than those listed.")
    numbers: ParameterNumbers | None


class PatternDetail(Pattern):
    """A pattern with what stood in the places of its parameters; `parameters` counts `fitting` records."""

    parameters: list[PatternParameter] = Field(description="In the order of the template, of the first 100.")
    parameter_count: int
    matched: int = Field(description="Records of it in the range.")
    looked_at: int = Field(description="Those that `parameters` are of: all of them, or a sample.")
    fitting: int = Field(description="Those looked at that could be taken apart.")
    limit_name: Literal["facet_rows"] | None = Field(
        description="The setting because of which not all records were looked at."
    )
    start_unix_nano: int = Field(description="The range that was counted, in whole minutes.")
    end_unix_nano: int
    step: int = Field(description="Of `counts`, in ns.")
    rows_scanned: int = Field(default_factory=rows_scanned, description="Rows that the store has read for it.")
    time: int = Field(default_factory=time_taken, description="How long it took, in ns.")


class PatternList(Listing):
    patterns: list[Pattern]
    start_unix_nano: int = Field(description="The range that was counted, in whole minutes.")
    end_unix_nano: int
    baseline_start_unix_nano: int | None
    baseline_end_unix_nano: int | None
    step: int = Field(description="Of `counts`, in ns: a minute or, of a long range, as many as make 120 steps.")
    record_count: int
    forms_left_out: int = Field(description="Forms beyond the 5,000 of a service that are compared: in no template.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits, most: Most) -> None:
    """Add the list of patterns, and a pattern by its id, to the API's routes."""
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

    @made.get("/patterns/{pattern_id}", tags=["logs"], responses=described(404))
    def get_pattern(pattern_id: str, query: Annotated[PatternDetailQuery, Query()], project: Project) -> PatternDetail:
        """One pattern by its id or that of any of its forms, with the values of its parameters."""
        search = query.search(project, limits)
        form = int(parse_span_id(pattern_id, "pattern_id"), 16)
        found, step = patterns.pattern_of(engine, search, form)
        asked, template = search.asked, found.template
        where = all_of(patterns.of_template(template, found.service), search.where)
        rows = Rows(project, "logs", asked.first * MINUTE, asked.last * MINUTE, where)
        apart = parameters(engine, rows, template.text, most.facet_rows, query.values)
        return PatternDetail(
            **_pattern(found).model_dump(),
            parameters=[_parameter(place, each) for place, each in enumerate(apart.found)],
            parameter_count=places(template.text),
            matched=apart.extent.matched,
            looked_at=apart.looked_at,
            fitting=apart.fitting,
            limit_name=None if apart.extent.exact else "facet_rows",
            start_unix_nano=rows.start,
            end_unix_nano=rows.end,
            step=step * MINUTE,
        )


def _parameter(position: int, found: Parameter) -> PatternParameter:
    numbers = found.numbers
    return PatternParameter(
        position=position,
        distinct=found.distinct,
        values=[ParameterValue(value=value, count=count) for value, count in found.values],
        other=found.other,
        numbers=None
        if numbers is None
        else ParameterNumbers(count=numbers.count, min=numbers.least, p50=numbers.p50, max=numbers.most),
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
