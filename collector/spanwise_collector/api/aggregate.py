"""Groups of spans or log records with their figures, below /api/v1."""

import time
from collections.abc import Callable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api import hinted
from spanwise_collector.api.models import Answer, Searched
from spanwise_collector.api.parameters import QueryText, TimeRange, read
from spanwise_collector.query.aggregate import MOST_ROWS, Aggregation, aggregate
from spanwise_collector.query.hints import hints
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.language.tree import Pipeline
from spanwise_collector.query.times import parse_time
from spanwise_collector.store import Engine

_HOUR: Final = 3_600_000_000_000


class AggregateQuery(TimeRange):
    """The last hour where no start is given."""

    q: QueryText = None
    signal: Literal["spans", "logs"] = "spans"
    limit: int = Field(default=100, ge=1, le=1000, description="Groups; those with the highest first figure are kept.")

    def asked(self, project: str, limits: Limits) -> Aggregation:
        """What is asked for; raises InvalidParameter."""
        query = read(self.q, self.signal, limits)
        start, end = self.bounds()
        now = time.time_ns()
        end = end if self.end is not None else now
        start = parse_time(self.start, "start", now) if self.start is not None else max(0, end - _HOUR)
        pipeline = query.pipeline or Pipeline()
        return Aggregation(project, self.signal, start, max(end, start + 1), query.where, pipeline, self.limit)


class AggregateGroup(Answer):
    time_unix_nano: int | None = Field(description="Where its time bucket begins; None without `every`.")
    keys: list[str | None] = Field(description="None where the rows have no such key.")
    values: list[float | None]


class AggregateAnswer(Searched):
    start_time_unix_nano: int
    end_time_unix_nano: int
    every: int = Field(description="Length of a time bucket in ns; 0 without.")
    keys: list[str]
    measures: list[str]
    groups: list[AggregateGroup] = Field(description=f"By time, at most {MOST_ROWS}; else the highest first.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits) -> None:
    """Add the aggregation to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/aggregate", tags=["aggregate"])
    def aggregate_rows(query: Annotated[AggregateQuery, Query()], project: Project) -> AggregateAnswer:
        """A table or time series: `q` with `| group key | count, p95(duration) every 1m`."""
        asked = query.asked(project, limits)
        groups, more = aggregate(engine, asked)
        return AggregateAnswer(
            start_time_unix_nano=asked.start,
            end_time_unix_nano=asked.end,
            every=asked.pipeline.every,
            keys=list(asked.pipeline.names),
            measures=[each.name for each in asked.pipeline.measures],
            groups=[AggregateGroup(time_unix_nano=each.time, keys=each.keys, values=each.values) for each in groups],
            hints=hinted.in_words(
                hints(
                    engine,
                    project,
                    asked.signal,
                    asked.where,
                    found=any(any(each.values) for each in groups),
                    pipeline=asked.pipeline,
                )
            ),
            returned=len(groups),
            total=len(groups) + more,
            total_relation="gte" if more else "eq",
            reason="limit" if more else "end",
        )
