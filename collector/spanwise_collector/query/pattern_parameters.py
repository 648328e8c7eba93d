"""What stood in the places of a template's parameters, read from its records when it is asked for."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, func, null, select

from spanwise_collector.grouping.parameters import expression, places
from spanwise_collector.query.extent import Extent, Rows, extent
from spanwise_collector.query.language.quantity import NUMBER
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import logs

# As the form of a record is made in 010_functions.sql: its first line, or its keys, and at most so many bytes.
_LOOKED_AT: Final = 1024
_ARRAY: Final = 5
_MAP: Final = 6


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of those values that are a number as a whole; `p50` is one of them."""

    count: int
    least: float
    p50: float
    most: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """Counts are of records: `values` the most frequent, then by value, of `distinct`, `other` those of the rest."""

    distinct: int
    other: int
    values: tuple[tuple[str, int], ...]
    numbers: Numbers | None


@dataclass(frozen=True, slots=True)
class Parameters:
    """`looked_at` records of the extent, of which `fitting` could be taken apart; `found` in the template's order."""

    extent: Extent
    looked_at: int
    fitting: int
    found: tuple[Parameter, ...]


def parameters(engine: Engine, rows: Rows, template: str, most: int, values: int) -> Parameters:
    """The values of the template's first parameters in the log records, or in about `most` of them."""
    measured = extent(engine, rows, most)
    if not places(template):
        return Parameters(measured, measured.matched, measured.matched, ())
    parts = func.extractGroups(func.toValidUTF8(_line()), expression(template))
    apart = select(parts.label("parts")).select_from(logs).where(*rows.found(), measured.sample("logs")).subquery()
    fitting = select(func.count().label("n"), func.countIf(func.notEmpty(apart.c.parts)).label("fitting"))
    counted = engine.read(fitting.select_from(apart))[0]
    pairs = _pairs(apart)
    tops: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in engine.read(_most_frequent(pairs, values)):
        tops[row.place].append((row.value, row.n))
    found = tuple(_parameter(row, tuple(tops[row.place])) for row in engine.read(_figures(pairs)))
    return Parameters(measured, counted.n, counted.fitting, found)


def _line() -> ColumnElement[Any]:
    begin = func.substring(logs.c.body, 1, _LOOKED_AT)
    line = func.substringIndex(func.trimLeft(begin), "\n", 1)
    return func.multiIf(
        logs.c.body == "", func.toString(logs.c.event_name), logs.c.body_type.in_((_ARRAY, _MAP)), begin, line
    )


def _pairs(apart: Subquery) -> Subquery:
    """A row for each parameter of each record."""
    numbered = func.arrayJoin(func.arrayZip(func.arrayEnumerate(apart.c.parts), apart.c.parts))
    made = select(numbered.label("pair")).select_from(apart).subquery()
    return select(
        func.tupleElement(made.c.pair, 1).label("place"), func.tupleElement(made.c.pair, 2).label("value")
    ).subquery()


def _most_frequent(pairs: Subquery, values: int) -> Any:
    count = func.count()
    query = select(pairs.c.place, pairs.c.value, count.label("n")).group_by(pairs.c.place, pairs.c.value)
    return query.order_by(pairs.c.place, count.desc(), pairs.c.value).suffix_with(f"LIMIT {values} BY place")


def _figures(pairs: Subquery) -> Any:
    value = pairs.c.value
    read = func.toFloat64OrNull(value)
    number = func.if_(and_(func.match(value, f"^(?:{NUMBER})$"), func.isFinite(read)), read, null())
    ordered = func.arraySort(func.groupArray(number))
    return (
        select(
            pairs.c.place,
            func.count().label("n"),
            func.uniqExact(value).label("distinct"),
            func.length(ordered).label("numbers"),
            func.minOrNull(number).label("least"),
            func.arrayElement(ordered, func.greatest(1, func.intDiv(func.length(ordered) + 1, 2))).label("p50"),
            func.maxOrNull(number).label("most"),
        )
        .group_by(pairs.c.place)
        .order_by(pairs.c.place)
    )


def _parameter(row: Any, values: tuple[tuple[str, int], ...]) -> Parameter:
    numbers = Numbers(row.numbers, row.least, row.p50, row.most) if row.numbers else None
    return Parameter(row.distinct, row.n - sum(count for _, count in values), values, numbers)
