"""The counts of a window that the diagnosis is made from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, column, func, select, text

from spanwise_collector.diagnose.features import BUCKETS, OFFSET, Row
from spanwise_collector.model.span import ERROR
from spanwise_collector.query.bounds import BEGAN
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, span_stats, trace_id_literal, traces

_SQL: Final = Path(__file__).with_name("diagnosis_features.sql").read_text(encoding="utf-8")
_COLUMNS: Final = (
    "service", "instance", "operation", "what", "other_service", "other_instance", "other_operation", "bucket",
    "n", "a", "aa", "b", "bb", "example",
)  # fmt: skip
LONGEST_TRACE: Final = 10
"""Minutes: a trace that began longer before the window is taken to have begun in it where spans of it did."""


MOST_SPANS: Final = 200_000
"""Of a window with more spans a sample of its traces is counted: so many spans say what is usual, within a second."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found in a window of so many traces, of which one in `sample` was counted."""

    rows: list[Row]
    traces: int
    sample: int = 1


@dataclass(frozen=True, slots=True)
class Selection:
    """Traces that began from `start` (inclusive) to `end` (exclusive).

    `ids`: only these, their hex digits one after the other; "" for any.
    """

    start: int
    end: int
    ids: str = ""


@dataclass(frozen=True, slots=True)
class Like:
    """Traces of one root: the newest `most` of them, but one."""

    root_service: str
    root_name: str
    other_than: str
    most: int


def newest(engine: Engine, project: str, start: int, end: int, like: Like) -> Selection | None:
    """The newest traces of a root that began from `start` to `end` (exclusive); None where there is none."""
    columns = traces.c
    root = func.min(columns.root)
    query = (
        _began(project, start, end)
        .add_columns(columns.trace_id, BEGAN.label("began"))
        .where(columns.trace_id != trace_id_literal(like.other_than))
        .having(func.tupleElement(root, 2) == like.root_service, func.tupleElement(root, 3) == like.root_name)
        .order_by(BEGAN.desc(), columns.trace_id)
        .limit(like.most)
    )
    found = engine.read(query)
    if not found:
        return None
    return Selection(found[-1].began, end, "".join(row.trace_id.hex() for row in found))


def rows(engine: Engine, project: str, chosen: Selection) -> Counted:
    """Count the spans of every trace that is chosen."""
    found = _began(project, chosen.start, chosen.end).subquery()
    extent = engine.read(select(func.max(found.c.last).label("last"), func.count().label("n")).select_from(found))[0]
    if not extent.n:
        return Counted([], 0)
    spans, failed = _span_counts(engine, project, chosen)
    sample = 1 if chosen.ids else max(1, -(-spans // MOST_SPANS))
    bound = text(_SQL).bindparams(
        **asdict(chosen),
        project=project,
        last=extent.last,
        length=max(1, chosen.end - chosen.start),
        buckets=BUCKETS,
        sample=sample,
        by_attributes=not failed,
        offset=OFFSET,
        earliest_minute=max(0, chosen.start // MINUTE - LONGEST_TRACE),
    )
    query: Select[*tuple[Any, ...]] = select(*(column(name) for name in _COLUMNS)).select_from(
        bound.columns(*(column(name) for name in _COLUMNS)).subquery("counted")
    )
    return Counted([_row(each) for each in engine.read(query)], len(chosen.ids) // 32 or int(extent.n), sample)


def _span_counts(engine: Engine, project: str, chosen: Selection) -> tuple[int, int]:
    """About how many spans a window has, by whole minutes, and how many of them say that they failed."""
    columns = span_stats.c
    failed = func.sumIf(columns.span_count, columns.status_code == ERROR)
    query = select(func.sum(columns.span_count).label("n"), failed.label("failed")).where(
        columns.project == project, columns.minute.between(chosen.start // MINUTE, chosen.end // MINUTE)
    )
    found = engine.read(query)[0]
    return int(found.n), int(found.failed)


def _began(project: str, start: int, end: int) -> Select[*tuple[Any, ...]]:
    """The traces that began from `start` to `end` (exclusive), each with the newest start of any of its spans."""
    columns = traces.c
    return (
        select(func.max(columns.last_start_time_unix_nano).label("last"))
        .where(
            columns.project == project,
            columns.minute >= max(0, start // MINUTE - LONGEST_TRACE),
            columns.minute <= min(end // MINUTE, (1 << 32) - 1),
        )
        .group_by(columns.trace_id)
        .having(BEGAN.between(start, end - 1))
    )


def _row(found: Any) -> Row:
    *fields, (trace_id, span_id) = found
    named: dict[str, Any] = dict(zip(_COLUMNS, fields, strict=False))
    return Row(**named, trace_id=trace_id.hex(), span_id=span_id.hex())
