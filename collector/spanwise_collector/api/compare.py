"""What is different between two sets of spans, below /api/v1."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.compare_models import Comparison, Split
from spanwise_collector.api.compare_present import comparison
from spanwise_collector.api.diagnosis import BaselineQuery
from spanwise_collector.api.models import ErrorAnswer
from spanwise_collector.api.parameters import QueryText, Text, parse_trace_id, read, without_groups
from spanwise_collector.api.recent import RecentRange
from spanwise_collector.errors import InvalidParameter, excerpt
from spanwise_collector.query import compare_sets as sets
from spanwise_collector.query.compare import Asked, compare
from spanwise_collector.query.compare_sample import percentile
from spanwise_collector.query.diagnosis import Window
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.language.tree import EVERYTHING, Equals, Key, Node, Term, all_of
from spanwise_collector.query.times import parse_duration
from spanwise_collector.store import Engine

_ID: Final = re.compile(r"[0-9a-fA-F]{16}(?:[0-9a-fA-F]{16})?")
_PERCENTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,3})?)")
_BASELINE: Final = "baseline"


class CompareQuery(RecentRange, BaselineQuery):
    """Two sets, `a` and `b`: of spans for which `q`, `service` and `operation` hold, whole traces without these."""

    q: QueryText = None
    service: Text | None = None
    operation: Text | None = Field(default=None, description="A span's name.")
    split: Literal["slow", "failed", "version"] | None = Field(
        default=None, description="`a`: those that are slow, failed, or of the version that `a` names; `b`: the others."
    )
    a: Text | None = Field(
        default=None,
        description="A query, a trace's id, or with `split=version` a version. Without `a` and `split`: the time range"
        " against the baseline's.",
    )
    b: Text | None = Field(
        default=None,
        description="As `a`, over the baseline's time if that is given; `baseline` beside the id of a trace: the newest"
        " 200 like it that did not fail. Left out beside a query: what that leaves.",
    )
    threshold: str = Field(
        default="p95", max_length=64, description="From where on a span is slow: a percentile, or such as 500ms."
    )
    limit: int = Field(default=20, ge=1, le=500, description="Keys in the answer.")
    places: int = Field(default=100, ge=1, le=5000, description="Places of the call tree in the answer.")

    def asked(self, engine: Engine, project: str, limits: Limits, most: int) -> tuple[Split, Asked]:
        """The two sets; raises InvalidParameter and NotFound."""
        self._refuse_unused_baseline()
        if self.split is not None:
            return self.split, self._split(engine, project, limits)
        if self.a is not None and _ID.fullmatch(self.a):
            return self._traces(engine, project, self.a, most)
        if self.a is not None:
            return "queries", self._queries(project, limits, self.a)
        if self.b is not None:
            raise InvalidParameter("a", "`b` is given and `a` is not: give both, or only `a`.")
        return "windows", self._windows(project, limits)

    def _refuse_unused_baseline(self) -> None:
        b = self.b or ""
        of_trace = self.a is not None and bool(_ID.fullmatch(self.a))
        other_time = b in ("", _BASELINE) if of_trace else bool(b) or self.a is None
        if self.baseline() is not None and (self.split is not None or not other_time):
            raise InvalidParameter(
                "baseline_start", "Both sets are of one time here: leave `baseline_start` and `baseline_end` out."
            )

    def _rows(self, project: str, limits: Limits, *more: Node) -> Rows:
        given = [Term(Key("field", name), Equals(text)) for name, text in self._named()]
        where = all_of(*given, without_groups(read(self.q, "spans", limits)), *more)
        start, end = self.bounds()
        return Rows(project, "spans", start, end, sets.ROOTS if where == EVERYTHING else where)

    def _named(self) -> list[tuple[str, str]]:
        named = (("service", self.service), ("name", self.operation))
        return [(name, text) for name, text in named if text is not None]

    def _split(self, engine: Engine, project: str, limits: Limits) -> Asked:
        rows = self._rows(project, limits)
        if self.split == "version":
            if self.a is None or self.b is None:
                missing = "a" if self.a is None else "b"
                raise InvalidParameter(missing, "`split=version` needs the two versions as `a` and `b`.")
            # A service's spans, whether they have a parent or not, are of its version.
            of = rows if self.q or self._named() else replace(rows, where=EVERYTHING)
            return sets.versions(of, self.a, self.b)
        if self.a is not None or self.b is not None:
            given = "a" if self.a is not None else "b"
            raise InvalidParameter(given, f"`split={self.split}` makes both sets: leave `a` and `b` out.")
        if self.split == "failed":
            return sets.failed(rows)
        if self.q is None and self.operation is None:
            raise InvalidParameter("operation", "`split=slow` is about one operation: give `operation`, or `q`.")
        fraction = _PERCENTILE.fullmatch(self.threshold.strip())
        if fraction is None:
            return sets.slow(rows, parse_duration(self.threshold, "threshold"))
        return sets.slow(rows, percentile(engine, rows, float(fraction[1]) / 100))

    def _traces(self, engine: Engine, project: str, a: str, most: int) -> tuple[Split, Asked]:
        if self.q is not None or self._named():
            raise InvalidParameter("a", "`a` is the id of a trace, which is compared whole: leave out what spans are.")
        b = self.b or _BASELINE
        if b == _BASELINE:
            return "baseline", sets.against_baseline(engine, project, parse_trace_id(a), most, self.baseline())
        if not _ID.fullmatch(b):
            raise InvalidParameter(
                "b", f"`a` is the id of a trace, and `b` is {excerpt(b, 40)!r}; give another's id, or `baseline`."
            )
        return "traces", sets.traces(engine, project, (parse_trace_id(a), parse_trace_id(b)), most)

    def _queries(self, project: str, limits: Limits, a: str) -> Asked:
        first = without_groups(read(a, "spans", limits))
        if self.b is None:
            return sets.others(self._rows(project, limits), first)
        second = self._rows(project, limits, without_groups(read(self.b, "spans", limits)))
        return Asked(self._rows(project, limits, first), self._in_baseline(second))

    def _windows(self, project: str, limits: Limits) -> Asked:
        rows = self._rows(project, limits)
        if self.baseline() is None:
            before = replace(rows, start=max(0, 2 * rows.start - rows.end), end=max(1, rows.start))
            return Asked(rows, before)
        return Asked(rows, self._in_baseline(rows))

    def _in_baseline(self, rows: Rows) -> Rows:
        window: Window | None = self.baseline()
        return rows if window is None else replace(rows, start=window.start, end=window.end)


def add(
    made: APIRouter, engine: Engine, project_of: Callable[[Request], str], max_trace_spans: int, limits: Limits
) -> None:
    """Add the comparison to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/compare", tags=["diagnosis"], responses={404: {"model": ErrorAnswer}})
    def compare_sets(query: Annotated[CompareQuery, Query()], project: Project) -> Comparison:
        """What is different between two sets: attributes that tell them apart, and their call trees as one."""
        split, asked = query.asked(engine, project, limits, max_trace_spans)
        return comparison(compare(engine, asked), split, query.limit, query.places)
