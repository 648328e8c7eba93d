"""The counts of a window that the diagnosis is made from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, column, func, select, text

from spanwise_collector.diagnose.features import BUCKETS, OFFSET, Row
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, traces

_SQL: Final = Path(__file__).with_name("diagnosis_features.sql").read_text(encoding="utf-8")
_COLUMNS: Final = (
    "service", "instance", "operation", "what", "other_service", "other_instance", "other_operation", "bucket",
    "n", "a", "aa", "b", "bb", "example",
)  # fmt: skip
_LONGEST_TRACE: Final = 10
"""Minutes: a trace that began longer before the window is taken to have begun in it where spans of it did."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found in a window."""

    rows: list[Row]
    traces: int


def rows(engine: Engine, project: str, start: int, end: int) -> Counted:
    """Count the spans of every trace that began from `start` (inclusive) to `end` (exclusive)."""
    columns = traces.c
    began = func.min(columns.start_time_unix_nano)
    whole = (
        select(func.max(columns.last_start_time_unix_nano).label("last"))
        .where(
            columns.project == project,
            columns.minute >= max(0, start // MINUTE - _LONGEST_TRACE),
            columns.minute <= min(end // MINUTE, (1 << 32) - 1),
        )
        .group_by(columns.trace_id)
        .having(began >= start, began < end)
        .subquery()
    )
    extent = engine.read(select(func.max(whole.c.last).label("last"), func.count().label("n")).select_from(whole))[0]
    if not extent.n:
        return Counted([], 0)
    bound = text(_SQL).bindparams(
        project=project,
        start=start,
        end=end,
        last=extent.last,
        length=max(1, end - start),
        buckets=BUCKETS,
        offset=OFFSET,
        earliest_minute=max(0, start // MINUTE - _LONGEST_TRACE),
    )
    query: Select[*tuple[Any, ...]] = select(*(column(name) for name in _COLUMNS)).select_from(
        bound.columns(*(column(name) for name in _COLUMNS)).subquery("counted")
    )
    return Counted([_row(each) for each in engine.read(query)], extent.n)


def _row(found: Any) -> Row:
    *fields, (trace_id, span_id) = found
    named: dict[str, Any] = dict(zip(_COLUMNS, fields, strict=False))
    return Row(**named, trace_id=trace_id.hex(), span_id=span_id.hex())
