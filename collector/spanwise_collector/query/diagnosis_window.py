"""The counts of a window that the diagnosis is made from."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select

from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.measured import measure
from spanwise_collector.query.bounds import BEGAN, NO_ROOT
from spanwise_collector.query.diagnosis_spans import Known, named, operations, read, read_named
from spanwise_collector.query.together import both
from spanwise_collector.query.windows import newest_windows_of_operation
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, spans, trace_id_literal, traces

LONGEST_TRACE: Final = 10
"""Minutes: a trace that began longer before the window is taken to have begun in it where spans of it did."""

# Of a window so long (ns) all is in its first slice.
_ALL_TIME: Final = 1 << 62

# By its name: written out again where it is compared and sorted by, it takes the engine as long to plan as to answer.
_BEGAN: Final[ColumnElement[Any]] = literal_column("began")

MOST_SPANS: Final = 200_000
"""Of a window with more spans a sample of its traces is counted: so many spans say what is usual, within a second."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found in a window of so many traces, of which one in `sample` was counted."""

    rows: list[Row]
    traces: int
    sample: int = 1

    def spans(self) -> int:
        """How many spans were counted."""
        return sum(row.n for row in self.rows if row.what == "end" and not row.other_service)

    def operations(self) -> set[tuple[str, str]]:
        """Services with their operations."""
        return {(row.service, row.operation) for row in self.rows if row.what == "end"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Traces that began from `start` (inclusive) to `end` (exclusive).

    `ids`: only these, their hex digits one after the other; "" for any. `last`: the newest start of any of their spans,
    where that is known.
    """

    start: int
    end: int
    ids: str = ""
    last: int | None = None

    @property
    def count(self) -> int:
        """How many traces are named."""
        return len(self.ids) // 32


@dataclass(frozen=True, slots=True)
class Like:
    """Traces of one root: the newest `most` of them, but one."""

    root_service: str
    root_name: str
    other_than: str
    most: int


def newest(engine: Engine, project: str, start: int, end: int, like: Like) -> Selection | None:
    """The newest traces of a root that began from `start` to `end` (exclusive); None where there is none."""
    found: list[Any] = []
    root = (like.root_service, like.root_name)
    # Twice as many, for the operation may be called within traces of others as well.
    for begin, stop in newest_windows_of_operation(engine, project, root, start, end, 2 * like.most):
        found += engine.read(_like(project, begin, stop, like).limit(like.most - len(found)))
        if len(found) == like.most:
            break
    if not found:
        return None
    ids = "".join(row.trace_id.hex() for row in found)
    return Selection(found[-1].began, end, ids, max(row.last for row in found))


def _like(project: str, start: int, end: int, like: Like) -> Select[*tuple[Any, ...]]:
    columns = traces.c
    root = func.min(columns.root)
    # A trace's first row has its root, or none where that came apart from the first spans: of few traces all rows are
    # looked at.
    first = select(columns.trace_id).where(
        columns.project == project,
        columns.minute.between(start // MINUTE, min(end // MINUTE, (1 << 32) - 1)),
        columns.start_time_unix_nano.between(start, end - 1),
        or_(func.tupleElement(columns.root, 1) == NO_ROOT, _is(columns.root, like)),
    )
    return (
        _began(project, start, end)
        .add_columns(columns.trace_id)
        .where(columns.trace_id != trace_id_literal(like.other_than), columns.trace_id.in_(first))
        .having(_is(root, like))
        .order_by(_BEGAN.desc(), columns.trace_id)
    )


def _is(root: ColumnElement[Any], like: Like) -> ColumnElement[bool]:
    return and_(
        func.tupleElement(root, 2) == like.root_service,
        func.tupleElement(root, 3) == like.root_name,
    )


def rows(engine: Engine, project: str, chosen: Selection) -> Counted:
    """Count the spans of every trace that is chosen."""

    def extent() -> tuple[int, int]:
        if chosen.last is not None:
            return chosen.count, chosen.last
        found = _began(project, chosen.start, chosen.end).subquery()
        row = engine.read(select(func.max(found.c.last).label("last"), func.count().label("n")).select_from(found))[0]
        return int(row.n), row.last

    def known() -> list[Known]:
        return operations(engine, project, chosen.start, chosen.end, LONGEST_TRACE)

    (n, last), there = both(extent, known)
    if not n:
        return Counted([], 0)
    sample = 1 if chosen.ids else max(1, -(-sum(each.n for each in there) // MOST_SPANS))
    where = _chosen(project, chosen, last, sample)
    numbers = read(engine, where, there, by_attributes=not any(each.failed for each in there))
    found = measure(numbers, chosen.start, max(1, chosen.end - chosen.start))
    return Counted(found, chosen.count or n, sample)


def pooled_rows(engine: Engine, project: str, chosen: Selection) -> list[Row]:
    """As `rows`, of traces that are named, in one slice; they failed by status or answer."""
    last = chosen.end if chosen.last is None else chosen.last
    return measure(read_named(engine, _chosen(project, chosen, last, 1)), chosen.start, _ALL_TIME)


def _chosen(project: str, chosen: Selection, last: int, sample: int) -> list[ColumnElement[bool]]:
    """The conditions for the spans of the traces that are chosen, or of one in `sample` of them."""
    mine = [spans.c.project == project, spans.c.start_time_unix_nano.between(chosen.start, last)]
    if chosen.ids:
        return [*mine, spans.c.trace_id.in_(named(chosen.ids))]
    first = func.min(traces.c.start_time_unix_nano)
    began = (
        select(traces.c.trace_id)
        .where(*_near(project, chosen.start, chosen.end), _in_sample(traces.c.trace_id, sample))
        .group_by(traces.c.trace_id)
        .having(first >= chosen.start, first < chosen.end)
    )
    return [*mine, _in_sample(spans.c.trace_id, sample), spans.c.trace_id.in_(began)]


def _in_sample(trace_id: ColumnElement[Any], sample: int) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.cityHash64(trace_id) % sample == 0
    return found


def _near(project: str, start: int, end: int) -> list[ColumnElement[bool]]:
    """The conditions for rows of traces that may have begun from `start` to `end`."""
    columns = traces.c
    return [
        columns.project == project,
        columns.minute >= max(0, start // MINUTE - LONGEST_TRACE),
        columns.minute <= min(end // MINUTE, (1 << 32) - 1),
    ]


def _began(project: str, start: int, end: int) -> Select[*tuple[Any, ...]]:
    """The traces that began from `start` to `end` (exclusive): when, and the newest start of any of their spans."""
    columns = traces.c
    return (
        select(func.max(columns.last_start_time_unix_nano).label("last"), BEGAN.label("began"))
        .where(*_near(project, start, end))
        .group_by(columns.trace_id)
        .having(_BEGAN.between(start, end - 1))
    )
