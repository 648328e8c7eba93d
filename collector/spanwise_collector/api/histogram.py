"""The cells of a heat map, below /api/v1."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator, Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer
from spanwise_collector.api.parameters import QueryText, read, without_groups
from spanwise_collector.api.recent import Clock, Measured, RecentRange
from spanwise_collector.model.log import Severity, severity_word
from spanwise_collector.query.histogram import MOST_COLUMNS, Cell, Grid, histogram, row_bounds
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.store import Engine


class HistogramQuery(RecentRange):
    q: QueryText = None
    of: Literal["spans", "traces", "logs"] = "spans"
    columns: int = Field(default=60, ge=1, le=MOST_COLUMNS, description="Most steps of time.")
    # A literal number takes no text, and an address holds nothing else.
    per_doubling: Annotated[
        Literal[1, 2, 4], BeforeValidator(lambda given: {"1": 1, "2": 2, "4": 4}.get(given, given))
    ] = Field(default=2, description="Rows of cells for each doubling of a duration.")

    def grid(self, project: str, limits: Limits) -> Grid:
        """What is asked for; raises InvalidParameter."""
        where = without_groups(read(self.q, self.of, limits))
        return Grid(project, self.of, *self.bounds(), where, self.columns, self.per_doubling)


class HistogramCell(Answer):
    time_unix_nano: int = Field(description="Where its step begins.")
    low: int | None = Field(description="The shortest duration in it; null where durations are not known, and of logs.")
    high: int | None = Field(description="The shortest duration that is not in it any more.")
    severity: Severity | None = Field(description="Of logs: the name of a range of severities.")
    count: int
    error_count: int = Field(description="Spans that failed, traces with such a span, records from error on.")


class HistogramAnswer(Measured):
    """Cells that are not empty; `start_time_unix_nano` and `end_time_unix_nano` are what was found of the range."""

    step: int = Field(description="Length of a step of time in ns; steps begin at its multiples.")
    source: Literal["sums", "rows", "sums and rows"] = Field(
        description="What was counted: sums that are kept by minute, rows, or both."
    )
    cells: list[HistogramCell] = Field(description="By time, then by duration or severity.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits) -> None:
    """Add the histogram to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/histogram", tags=["search"])
    def get_histogram(query: Annotated[HistogramQuery, Query()], project: Project) -> HistogramAnswer:
        """How many spans, traces or log records began when, by duration or severity."""
        clock, grid = Clock(), query.grid(project, limits)
        found = histogram(engine, grid)
        return HistogramAnswer(
            step=found.step,
            source=found.source,
            cells=[_cell(each, grid) for each in found.cells],
            **clock.whole((found.start, found.end), len(found.cells), len(found.cells), found.exact),
        )


def _cell(cell: Cell, grid: Grid) -> HistogramCell:
    low = high = severity = None
    if grid.what == "logs":
        severity = severity_word(cell.row or 0)
    elif cell.row is not None:
        low, high = row_bounds(cell.row, grid.per_doubling)
    return HistogramCell(
        time_unix_nano=cell.time, low=low, high=high, severity=severity, count=cell.count, error_count=cell.errors
    )
