"""How much of the store a question looks at: the rows of its range, and where they are too many, a sample of them."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, true

from spanwise_collector.query.conditions import TABLES, condition
from spanwise_collector.query.language.tree import EVERYTHING, Node, Signal
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import logs, spans

TIMES: Final[dict[Signal, ColumnElement[Any]]] = {
    "spans": spans.c.start_time_unix_nano,
    "logs": logs.c.time_unix_nano,
}
# Spread evenly, and the same for a row whenever it is asked: a list that is asked for twice does not jump.
SPREAD: Final[dict[Signal, ColumnElement[Any]]] = {
    "spans": func.cityHash64(spans.c.trace_id, spans.c.span_id),
    "logs": func.cityHash64(logs.c.time_unix_nano, logs.c.trace_id, logs.c.span_id, logs.c.body),
}


@dataclass(frozen=True, slots=True)
class Most:
    """What one answer may look at and hold; the names are those of settings."""

    facet_rows: int = 100_000
    map_rows: int = 1_000_000
    map_nodes: int = 150
    drawn_spans: int = 1_000_000


DEFAULT_MOST: Final = Most()


@dataclass(frozen=True, slots=True)
class Rows:
    """Spans or log records from `start` (inclusive) to `end` (exclusive) for which `where` holds."""

    project: str
    signal: Signal
    start: int
    end: int
    where: Node = EVERYTHING

    def in_range(self) -> list[ColumnElement[bool]]:
        """Those of the range, whatever they are like."""
        time = TIMES[self.signal]
        return [TABLES[self.signal].c.project == self.project, time >= self.start, time < self.end]

    def found(self) -> list[ColumnElement[bool]]:
        """Those that are asked for."""
        return [*self.in_range(), condition(self.where, self.signal)]


@dataclass(frozen=True, slots=True)
class Extent:
    """`scanned` rows lie in the range and `matched` of them are asked for; one in `one_in` of these is looked at."""

    scanned: int
    matched: int
    one_in: int

    @property
    def exact(self) -> bool:
        return self.one_in == 1

    def sample(self, signal: Signal) -> ColumnElement[bool]:
        """Whether a row is looked at."""
        return true() if self.exact else SPREAD[signal] % self.one_in == 0


def extent(engine: Engine, rows: Rows, most: int) -> Extent:
    """Count the rows, and see how many have to be left out for `most` to be left on the average."""
    query = select(func.count().label("scanned"), func.countIf(condition(rows.where, rows.signal)).label("matched"))
    found = engine.read(query.select_from(TABLES[rows.signal]).where(*rows.in_range()))[0]
    return Extent(found.scanned, found.matched, max(1, -(-found.matched // most)))
