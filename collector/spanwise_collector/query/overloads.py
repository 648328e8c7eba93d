"""Which culprits are slow because more comes than they can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Edge, Operation
from spanwise_collector.diagnose.features import BUCKETS, Row
from spanwise_collector.diagnose.log_counts import Pattern
from spanwise_collector.diagnose.overload import Call, by_slice, overloaded, rates
from spanwise_collector.diagnose.thresholds import Thresholds
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import spans
from spanwise_collector.trace.waits import EVENT

_RULES: Final = ("self_time", "lag", "tail")
_MOST_CALLS: Final = 5_000
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A window (start, end) with what was counted in it, of one in `sample` traces."""

    bounds: tuple[int, int]
    rows: Sequence[Row]
    sample: int = 1

    @property
    def slice(self) -> float:
        """How long a slice lasts, in seconds."""
        return max(1, self.bounds[1] - self.bounds[0]) / BUCKETS / _SECOND


def overload(
    engine: Engine, project: str, blame: Blame, since: int, windows: tuple[Loaded, Loaded], thresholds: Thresholds
) -> str | None:
    """Why what a service is blamed for is overload, in a sentence, or None; `windows`: the baseline and the window.

    Calls are read only where there are more of them than usual: of the blamed operation, or of the calls into it.
    """
    if blame.rule not in _RULES or isinstance(blame.measured, Pattern):
        return None
    where = blame.measured.caller._replace(instance="") if isinstance(blame.measured, Edge) else blame.measured
    before, now = windows
    first = min(BUCKETS - 1, (since - now.bounds[0]) * BUCKETS // max(1, now.bounds[1] - now.bounds[0]))
    measured = by_slice(now.rows, where, now.sample)
    known = by_slice(before.rows, where, before.sample)
    found = rates(known, measured, first, (before.slice, now.slice))
    if not found.risen(thresholds.overload_calls):
        return None
    calls = _calls(engine, project, where, since, now.bounds[1])
    waiting = _waiting(engine, project, where, *before.bounds) if any(call.waited for call in calls) else 0.0
    return overloaded(found, calls, waiting, thresholds)


def _of(project: str, operation: Operation, start: int, end: int) -> list[ColumnElement[bool]]:
    columns = spans.c
    found = [
        columns.project == project,
        columns.start_time_unix_nano >= start,
        columns.start_time_unix_nano < end,
        columns.service == operation.service,
        columns.name == operation.name,
    ]
    return [*found, columns.instance == operation.instance] if operation.instance else found


def _calls(engine: Engine, project: str, operation: Operation, start: int, end: int) -> list[Call]:
    """The newest calls."""
    columns = spans.c
    query = (
        select(
            columns.start_time_unix_nano.label("start"),
            func.greatest(columns.duration, 0).label("duration"),
            func.has(columns.event_names, EVENT).label("waited"),
        )
        .where(*_of(project, operation, start, end))
        .order_by(columns.start_time_unix_nano.desc(), columns.span_id)
        .limit(_MOST_CALLS)
    )
    return [Call(int(row.start), int(row.duration), bool(row.waited)) for row in engine.read(query)]


def _waiting(engine: Engine, project: str, operation: Operation, start: int, end: int) -> float:
    waited = func.countIf(func.has(spans.c.event_names, EVENT))
    query = select(waited.label("waited"), func.count().label("n")).where(*_of(project, operation, start, end))
    found = engine.read(query)[0]
    return found.waited / found.n if found.n else 0.0
