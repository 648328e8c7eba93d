"""Where a trace lies in the store: under which ids, and in which minutes."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select

from spanwise_collector.errors import NotFound, Refused
from spanwise_collector.query.bounds import DATED, NO_ROOT
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import logs, spans, trace_id_literal, traces

_HALF = 16
_NO_HALF = "0" * _HALF


class _Sized(Protocol):
    def __len__(self) -> int: ...


_Rows = TypeVar("_Rows", bound=_Sized)


@dataclass(frozen=True, slots=True)
class Place:
    """A trace that is there: all ids of its spans, the longest first, when it began and ended, and how many it has.

    `first` and `last` are the starts of its first and last span as far as the list of traces knows, `root` is service
    and name of its root, None where that has not come.
    """

    project: str
    ids: Sequence[str]
    first: int
    last: int
    began: int
    ended: int
    spans: int
    root: tuple[str, str] | None = None

    def whole(self) -> list[ColumnElement[bool]]:
        """The conditions for rows of `spans` that are of it, wherever they lie."""
        return [spans.c.project == self.project, _is_one_of(spans.c.trace_id, self.ids)]

    def within(self) -> list[ColumnElement[bool]]:
        """The same where the list of traces knows them to be, which is found faster."""
        # Late pieces may have come without a start.
        start = spans.c.start_time_unix_nano
        return [*self.whole(), or_(start.between(self.first, self.last), start == 0)]

    def reaching(self, first: int, last: int) -> "Place":
        """The same, known to have spans that start at these times too."""
        return replace(self, first=min(self.first, first), last=max(self.last, last))

    def logs(self) -> list[ColumnElement[bool]]:
        """The conditions for rows of `logs` that carry its id."""
        return [logs.c.project == self.project, _is_one_of(logs.c.trace_id, self.ids)]

    def read(
        self, ask: Callable[[Select[*tuple[Any, ...]]], _Rows], columns: Sequence[ColumnElement[Any]], limit: int
    ) -> _Rows:
        """The rows of its spans in any order; of over `limit`, the earliest and one more, in order."""
        within = select(*columns).where(*self.within()).limit(limit + 1)
        earliest = spans.c.start_time_unix_nano, spans.c.span_id
        if self.spans > limit:
            return ask(within.order_by(*earliest))
        # A sort would take the engine longer than all else, and only what is cut needs one.
        rows = ask(within)
        if self.spans < len(rows):
            # An insert shows in `spans` up to half a second before it shows in `traces`: of one whose first spans lie
            # within the bounds that `traces` still has, others may lie outside, and a part must not pass for the whole.
            rows = ask(select(*columns).where(*self.whole()).order_by(*earliest).limit(limit + 1))
        return rows

    def beyond(self, rows: int, limit: int) -> int:
        """How many spans it has beyond the limit, given how many rows `read` returned."""
        return max(self.spans, rows) - limit if rows > limit else 0


def find(engine: Engine, project: str, trace_id: str) -> Place:
    """The trace with that id (32 hex digits, lower case); raises NotFound.

    An id whose upper half is zero is that of a sender of 64-bit ids: its spans and those of the id that it is cut from
    are one trace, whichever of the two is asked for.
    """
    ids = _ids(engine, project, trace_id)
    columns = traces.c
    # The rows that BEGAN and ENDED tell apart, at most two: with those two, planning alone would take twice as long.
    found = engine.read(
        select(
            DATED.label("dated"),
            func.min(columns.start_time_unix_nano).label("first"),
            func.max(columns.last_start_time_unix_nano).label("last"),
            func.max(columns.end_time_unix_nano).label("ended"),
            func.sum(func.arraySum(func.mapValues(columns.spans))).label("spans"),
            func.min(columns.root).label("root"),
        )
        .where(columns.project == project, _is_one_of(columns.trace_id, ids))
        .group_by(literal_column("dated"))
    )
    if not found:
        raise NotFound(_not_there(engine, project, trace_id, ids))
    dated = [row for row in found if row.dated] or found
    began = min(row.first for row in dated)
    root_start, *root = min(row.root for row in found)
    return Place(
        project,
        ids,
        first=min(row.first for row in found),
        last=max(row.last for row in found),
        began=began,
        ended=max(began, *(row.ended for row in dated)),
        spans=sum(int(row.spans) for row in found),
        root=None if root_start == NO_ROOT else (root[0], root[1]),
    )


def _not_there(engine: Engine, project: str, trace_id: str, ids: Sequence[str]) -> str:
    # One is enough, and what this costs too much for is still not there.
    record = select(logs.c.project).where(logs.c.project == project, _is_one_of(logs.c.trace_id, ids))
    with suppress(Refused):
        if engine.read(record.limit(1)):
            return (
                f"No span has the trace id {trace_id}, but log records carry it: search the logs for"
                f" trace_id:{trace_id}. Its spans may not have arrived yet, may not have been sampled, or"
                " their retention is over."
            )
    return (
        f"No trace has the id {trace_id}."
        " It may not have arrived yet, may not have been sampled, or its retention is over."
    )


def _ids(engine: Engine, project: str, trace_id: str) -> Sequence[str]:
    """The ids of the trace's spans, the longest first."""
    if not trace_id.startswith(_NO_HALF):
        return trace_id, _NO_HALF + trace_id[_HALF:]
    query = select(func.lower(func.hex(traces.c.trace_id)).label("id")).where(
        traces.c.project == project,
        func.substring(traces.c.trace_id, 9) == func.unhex(trace_id[_HALF:]),
        traces.c.trace_id != trace_id_literal(trace_id),
    )
    return *sorted({row.id for row in engine.read(query.distinct())}), trace_id


def _is_one_of(column: ColumnElement[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    return column.in_([trace_id_literal(each) for each in ids])
