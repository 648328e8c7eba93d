"""Spans, traces or log records over time and duration or severity: the cells of a heat map."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true

from spanwise_collector.model.log import SEVERITIES
from spanwise_collector.query.bounds import BEGAN, ENDED
from spanwise_collector.query.conditions import condition, no, passes
from spanwise_collector.query.language.tree import EVERYTHING, And, Exists, Node, Not, Or, Term
from spanwise_collector.query.patterns import widened
from spanwise_collector.query.trace_conditions import Window, candidates, is_structural
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, NO_BUCKET, logs, span_stats, spans, traces

What = Literal["spans", "traces", "logs"]
BUCKETS_A_DOUBLING: Final = 4
MOST_COLUMNS: Final = 200
_SECOND: Final = 1_000_000_000
_STEPS: Final = tuple(
    [unit * factor for unit in (10**6, 10**7, 10**8) for factor in (1, 2, 5)]
    + [_SECOND * each for each in (1, 2, 5, 10, 15, 30)]
    + [MINUTE * each for each in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400)]
)
_rolled: Final = span_stats.c
# What the rollup tells of a span, by the names of fields.
_ROLLED_FIELDS: Final[dict[str, ColumnElement[Any]]] = {
    "service": _rolled.service,
    "instance": _rolled.instance,
    "name": _rolled.name,
    "kind": _rolled.kind,
    "status": _rolled.status_code,
}


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows from `start` (inclusive) to `end` (exclusive), in at most `columns` steps of time.

    `per_doubling` rows of cells stand for each doubling of a duration: 1, 2 or 4.
    """

    project: str
    what: What
    start: int
    end: int
    where: Node = EVERYTHING
    columns: int = 60
    per_doubling: int = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """What began from `time` on for a step; `row` is a row of durations, or the lowest number of a severity.

    A row of None holds spans whose duration is not known.
    """

    time: int
    row: int | None
    count: int
    errors: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """`source` says what was counted: sums that are kept by minute, the rows themselves, or both.

    It is not `exact` where traces are asked for by who is below whom: those are counted that have all the spans.
    """

    start: int
    end: int
    step: int
    cells: list[Cell]
    source: Literal["sums", "rows", "sums and rows"]
    exact: bool = True


def histogram(engine: Engine, grid: Grid) -> Histogram:
    """The cells that are not empty, by time and then row."""
    grid = replace(grid, where=widened(engine, grid.project, grid.where))
    bounds = _bounds(engine, grid)
    if bounds is None:
        return Histogram(grid.start, grid.end, 0, [], "rows")
    start, end = bounds
    step = next((each for each in _STEPS if _columns(start, end, each) <= grid.columns), 0)
    while not step or _columns(start, end, step) > grid.columns:
        step = (step or _STEPS[-1]) * 2
    counted: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    parts = list(_parts(grid, start, end, step))
    for query in (_of_part(engine, grid, part, step) for part in parts):
        for row in engine.read(query):
            cell = counted[row.time, _row(grid, row.bucket)]
            cell[0] += row.n
            cell[1] += row.failed
    cells = [
        Cell(time * step, None if row == NO_BUCKET else row, n, failed)
        for (time, row), (n, failed) in sorted(counted.items())
    ]
    kinds = {part[0] for part in parts}
    exact = not (grid.what == "traces" and is_structural(grid.where))
    return Histogram(start, end, step, cells, " and ".join(sorted(kinds, reverse=True)), exact)  # type: ignore[arg-type]


def row_bounds(row: int, per_doubling: int) -> tuple[int, int]:
    """The durations of a row of cells: from (inclusive) and to (exclusive), in ns; the lowest row begins at 0."""
    return round(2 ** (row / per_doubling)) if row else 0, round(2 ** ((row + 1) / per_doubling))


def _columns(start: int, end: int, step: int) -> int:
    return (end - 1) // step - start // step + 1


def _row(grid: Grid, bucket: int) -> int:
    if grid.what == "logs" or bucket == NO_BUCKET:
        return bucket
    return bucket * grid.per_doubling // BUCKETS_A_DOUBLING


_Part = tuple[Literal["sums", "rows"], int, int]


def _parts(grid: Grid, start: int, end: int, step: int) -> Iterator[_Part]:
    """What can be read from sums, which are kept by minute, and what lies before and after it."""
    first, last = -(-start // MINUTE) * MINUTE, end // MINUTE * MINUTE
    if grid.what != "spans" or step % MINUTE or first >= last or not _is_rolled(grid.where):
        yield "rows", start, end
        return
    if start < first:
        yield "rows", start, first
    yield "sums", first, last
    if last < end:
        yield "rows", last, end


def _of_part(engine: Engine, grid: Grid, part: _Part, step: int) -> Any:
    source, start, end = part
    if source == "sums":
        return _sums(grid, start, end, step)
    if grid.what == "traces":
        return _traces(engine, grid, start, end, step)
    table = logs if grid.what == "logs" else spans
    time = logs.c.time_unix_nano if grid.what == "logs" else spans.c.start_time_unix_nano
    if grid.what == "logs":
        number = logs.c.severity_number
        bucket = func.if_(number.between(1, 24), func.intDiv(number - 1, 4) * 4 + 1, number)
        failed = number >= SEVERITIES["ERROR"]
    else:
        bucket = func.if_(spans.c.duration < 0, NO_BUCKET, func.spanwise_bucket(spans.c.duration))
        failed = spans.c.failed == 1
    query = select(
        func.intDiv(time, step).label("time"),
        bucket.label("bucket"),
        func.count().label("n"),
        func.countIf(failed).label("failed"),
    ).where(table.c.project == grid.project, time >= start, time < end, condition(grid.where, _signal(grid)))
    return query.group_by("time", "bucket")


def _signal(grid: Grid) -> Literal["spans", "logs"]:
    return "logs" if grid.what == "logs" else "spans"


def _sums(grid: Grid, start: int, end: int, step: int) -> Any:
    count = func.sum(_rolled.span_count)
    return (
        select(
            func.intDiv(_rolled.minute, step // MINUTE).label("time"),
            _rolled.duration_bucket.label("bucket"),
            count.label("n"),
            func.sum(_rolled.failed_count).label("failed"),
        )
        .where(
            _rolled.project == grid.project,
            _rolled.minute >= start // MINUTE,
            _rolled.minute < end // MINUTE,
            rolled_condition(grid.where),
        )
        .group_by("time", "bucket")
    )


def _traces(engine: Engine, grid: Grid, start: int, end: int, step: int) -> Any:
    window = Window(grid.project, start, end).measured(engine)
    errors = func.arraySum(func.mapValues(func.sumMap(traces.c.errors)))
    whole = (
        select(BEGAN.label("began"), (ENDED - BEGAN).label("lasted"), errors.label("errors"))
        .where(*_every_row_of(window), candidates(grid.where, window))
        .group_by(traces.c.trace_id)
        .having(and_(start <= BEGAN, end > BEGAN))
        .subquery()
    )
    return select(
        func.intDiv(whole.c.began, step).label("time"),
        func.spanwise_bucket(whole.c.lasted).label("bucket"),
        func.count().label("n"),
        func.countIf(whole.c.errors > 0).label("failed"),
    ).group_by("time", "bucket")


def _every_row_of(window: Window) -> list[ColumnElement[bool]]:
    """Also those before the window: a trace that began before it is not of it."""
    ids = select(traces.c.trace_id).where(*window.rows())
    return [traces.c.project == window.project, traces.c.trace_id.in_(ids)]


def _bounds(engine: Engine, grid: Grid) -> tuple[int, int] | None:
    """The range, cut to the minutes in which there is anything."""
    columns, time, scale = {
        "spans": (_rolled, _rolled.minute, MINUTE),
        "traces": (traces.c, traces.c.start_time_unix_nano, 1),
        "logs": (logs.c, logs.c.time_unix_nano, 1),
    }[grid.what]
    query = select(func.min(time).label("first"), func.max(time).label("last"), func.count().label("n")).where(
        columns.project == grid.project, time >= grid.start // scale, time <= (grid.end - 1) // scale
    )
    found = engine.read(query)[0]
    if not found.n:
        return None
    first, last = found.first * scale // MINUTE * MINUTE, (found.last * scale // MINUTE + 1) * MINUTE
    return max(grid.start, first), min(grid.end, last)


def _is_rolled(node: Node) -> bool:
    """Whether the sums know all that a condition asks."""
    match node:
        case And(parts) | Or(parts):
            return all(_is_rolled(each) for each in parts)
        case Not(part):
            return _is_rolled(part)
        case Term(key):
            return key.scope == "field" and key.name in _ROLLED_FIELDS
    return False


def rolled_condition(node: Node) -> ColumnElement[bool]:
    """A condition of which `_is_rolled` holds, on the rows of the sums."""
    match node:
        case And(parts):
            return and_(true(), *(rolled_condition(each) for each in parts))
        case Or(parts):
            return or_(*(rolled_condition(each) for each in parts))
        case Not(part):
            return no(rolled_condition(part))
        case Term(key, test):
            column = _ROLLED_FIELDS[key.name]
            if isinstance(test, Exists):
                return column != literal("")
            return passes(column, test, number=key.name in ("kind", "status"))
    raise TypeError(f"the sums do not tell: {node}")
