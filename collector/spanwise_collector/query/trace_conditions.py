"""A condition of the search language on whole traces, as a condition on the rows of `traces` of a window."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, literal, literal_column, or_, select, true, tuple_

from spanwise_collector.query.bounds import BEGAN, ENDED
from spanwise_collector.query.conditions import EACH, condition, no, one_of, passes
from spanwise_collector.query.language.tree import (
    EVERYTHING,
    And,
    Below,
    Count,
    Equals,
    Exists,
    Node,
    Not,
    Number,
    Or,
    Spans,
    SpanSet,
    Term,
    Test,
    walk,
)
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, spans, trace_id_literal, traces

_columns: Final = traces.c
_NO_ROOT: Final = (1 << 64) - 1
_ROOT: Final = func.min(_columns.root)
# Of traces that last for hours, or of clocks that are wrong, the minutes are not named one by one.
_MOST_PLACES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Window:
    """Traces of a project that have a row from `start` (inclusive) to `end` (exclusive).

    `last`: the newest start of any of their spans, which may have come late and lie after the window.
    `few`: where it is of some traces only, each with the minutes in which its spans may lie.
    """

    project: str
    start: int
    end: int
    last: int = 0
    few: Sequence[tuple[bytes, range]] | None = None

    def measured(self, engine: Engine) -> "Window":
        """The same with `last`, which a condition on spans needs."""
        query = select(func.max(_columns.last_start_time_unix_nano).label("last")).where(*self.all_rows())
        return replace(self, last=engine.read(query)[0].last)

    def rows(self) -> list[ColumnElement[bool]]:
        """The rows of `traces` in the window itself."""
        return [
            _columns.project == self.project,
            _columns.minute >= self.start // MINUTE,
            _columns.minute <= self.end // MINUTE,
            _columns.start_time_unix_nano >= self.start,
            _columns.start_time_unix_nano < self.end,
        ]

    def all_rows(self) -> list[ColumnElement[bool]]:
        """All rows from the window's start on of the traces in it: what belongs to them may have come late."""
        return [
            _columns.project == self.project,
            _columns.minute >= self.start // MINUTE,
            _columns.start_time_unix_nano >= self.start,
            self._these(),
        ]

    def _these(self) -> ColumnElement[bool]:
        if self.few is None:
            return _columns.trace_id.in_(select(_columns.trace_id).where(*self.rows()))
        return of_traces(_columns.trace_id, [trace_id for trace_id, _ in self.few])

    def spans(self) -> list[ColumnElement[bool]]:
        """The rows of `spans` among which all spans of these traces are."""
        return [
            spans.c.project == self.project,
            spans.c.start_time_unix_nano >= self.start,
            spans.c.start_time_unix_nano <= self.last,
            *([] if self.few is None else [_lie_at(self.few)]),
        ]


def is_structural(node: Node) -> bool:
    """Whether who is below whom decides, which SQL cannot say of traces of any depth."""
    return any(isinstance(each, Below) for each in walk(node))


def candidates(node: Node, window: Window) -> ColumnElement[bool]:  # noqa: PLR0911 - a case a return
    """What every row of a trace that `node` asks for fulfils; exactly those where it is not structural."""
    match node:
        case And(parts):
            return and_(true(), *(candidates(each, window) for each in parts))
        case Or(parts):
            return or_(*(candidates(each, window) for each in parts))
        case Not(part):
            return true() if is_structural(part) else no(candidates(part, window))
        case Spans(where):
            return true() if where == EVERYTHING else _among(_spans_of(where, window))
        case Below(above, below):
            return and_(candidates(above, window), candidates(below, window))
        case Count(of, operator, number):
            return _count(of, Number(operator, number), window)
        case Term(key, test):
            whole = select(_columns.trace_id).where(*window.all_rows()).group_by(_columns.trace_id)
            return _among(whole.having(_trace_term(key.name, test)))
    raise TypeError(f"not a condition on traces: {node}")


def of_traces(column: ColumnElement[Any], ids: Iterable[bytes]) -> ColumnElement[bool]:
    """Whether a column of trace ids holds one of these."""
    return column.in_([trace_id_literal(each.hex()) for each in ids])


def _lie_at(few: Sequence[tuple[bytes, range]]) -> ColumnElement[bool]:
    """Spans of these traces in these minutes: as the table is ordered, so that little else is read."""
    if sum(len(minutes) for _, minutes in few) > _MOST_PLACES:
        return of_traces(spans.c.trace_id, [trace_id for trace_id, _ in few])
    place = tuple_(func.intDiv(spans.c.start_time_unix_nano, literal_column(str(MINUTE))), spans.c.trace_id)
    there: list[tuple[ColumnElement[Any], ColumnElement[Any]]] = [
        (literal_column(str(at)), trace_id_literal(each.hex())) for each, minutes in few for at in minutes
    ]
    return place.in_([tuple_(*each) for each in there])


def _among(ids: Select[*tuple[Any, ...]]) -> ColumnElement[bool]:
    return _columns.trace_id.in_(ids)


def _spans_of(where: Node, window: Window) -> Select[*tuple[Any, ...]]:
    return select(spans.c.trace_id).where(*window.spans(), condition(where, "spans"))


def _count(of: SpanSet, wanted: Number, window: Window) -> ColumnElement[bool]:
    none_will_do = compare(0, wanted)
    if isinstance(of, Below):
        return true() if none_will_do else candidates(of, window)
    counted = _spans_of(of.where, window).group_by(spans.c.trace_id)
    enough = passes(func.count(), wanted, number=True)
    if none_will_do:
        # A trace without any such span has no row here: ask for those that have a wrong number of them.
        return no(_among(counted.having(no(enough))))
    return _among(counted.having(enough))


def compare(value: float, wanted: Number) -> bool:
    """Whether a number passes."""
    than = wanted.value
    return {
        "=": value == than, ">": value > than, ">=": value >= than, "<": value < than, "<=": value <= than,
    }[wanted.operator]  # fmt: skip


def _trace_term(name: str, test: Test) -> ColumnElement[bool]:
    if name == "service":
        found = true() if isinstance(test, Exists) else passes(EACH, test)
        names = func.mapKeys(func.sumMap(_columns.spans))
        return one_of(found, names)
    if name == "id":
        assert isinstance(test, Equals | Exists)
        return true() if isinstance(test, Exists) else _columns.trace_id == trace_id_literal(test.text)
    if name in ("root.service", "root.name"):
        there = func.tupleElement(_ROOT, 1) < literal(_NO_ROOT)
        value = func.tupleElement(_ROOT, 2 if name == "root.service" else 3)
        return and_(there, value != "" if isinstance(test, Exists) else passes(value, test))
    return passes(_NUMBERS[name](), test, number=True)


_NUMBERS: Final[dict[str, Callable[[], ColumnElement[Any]]]] = {
    "duration": lambda: ENDED - BEGAN,
    "start": lambda: BEGAN,
    "spans": lambda: func.arraySum(func.mapValues(func.sumMap(_columns.spans))),
    "errors": lambda: func.arraySum(func.mapValues(func.sumMap(_columns.errors))),
    "services": lambda: func.length(func.mapKeys(func.sumMap(_columns.spans))),
}
