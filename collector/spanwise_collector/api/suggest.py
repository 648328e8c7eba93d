"""Completion of a query that is being typed, below /api/v1."""

import time
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer
from spanwise_collector.api.parameters import Time, TimeRange
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.suggest import DAY, Asked, suggest
from spanwise_collector.store import Engine


class SuggestQuery(TimeRange):
    """The last 24 hours where no start is given."""

    start: Time = None
    q: str = ""
    cursor: int | None = Field(
        default=None, ge=0, le=2**31, description="Characters before the cursor; after the last where it is left out."
    )
    of: Literal["spans", "logs", "traces"] = "spans"
    limit: int = Field(default=20, ge=1, le=200)

    def asked(self, project: str, limits: Limits) -> Asked:
        """What is asked for; raises InvalidParameter."""
        if len(self.q) > limits.length:
            raise InvalidParameter(
                "q", f"`q` has {len(self.q):,} characters; the limit query_length is {limits.length}."
            )
        cursor = len(self.q) if self.cursor is None else self.cursor
        if cursor > len(self.q):
            raise InvalidParameter("cursor", f"`cursor` is {cursor}, and `q` has {len(self.q)} characters.")
        start, end = self.bounds()
        end = end if self.end is not None else max(time.time_ns(), start + 1)
        start = start if self.start is not None else max(0, end - DAY)
        return Asked(project, self.of, self.q, cursor, start, end, self.limit)


class SuggestionAnswer(Answer):
    text: str = Field(description="As it is written in a query.")
    what: Literal["key", "operator", "value", "unit"]
    type: str = Field(description="Of a key or value: string, int, double, bool, …; of a field its kind.")
    count: int | None = Field(description="About how many spans or records have it, over whole days (UTC).")
    description: str


class SuggestAnswer(Answer):
    returned: int
    reason: Literal["end", "limit"]
    what: Literal["key", "operator", "value"] = Field(description="What stands at the cursor.")
    key: str | None = Field(description="Of a value: its key.")
    start: int = Field(description="A suggestion replaces the `length` characters of `q` from here on.")
    length: int
    exact: Literal[False] = Field(default=False, description="Counts are estimates from samples.")
    took: int = Field(description="Time that the collector needed, in ns.")
    suggestions: list[SuggestionAnswer] = Field(description="Best first.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits) -> None:
    """Add completion to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/suggest", tags=["search"])
    def get_suggestions(query: Annotated[SuggestQuery, Query()], project: Project) -> SuggestAnswer:
        """What can stand at the cursor: keys with their types, operators, values with their counts, units."""
        began = time.perf_counter_ns()
        found = suggest(engine, query.asked(project, limits))
        return SuggestAnswer(
            returned=len(found.found),
            reason="limit" if found.more else "end",
            what=found.what,
            key=found.key,
            start=found.start,
            length=found.length,
            took=time.perf_counter_ns() - began,
            suggestions=[
                SuggestionAnswer(
                    text=each.text, what=each.what, type=each.type, count=each.count, description=each.description
                )
                for each in found.found
            ],
        )
