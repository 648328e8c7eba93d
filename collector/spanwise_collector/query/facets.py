"""What the spans or log records found are like: the most telling keys, and how often each has which values."""

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, func, literal_column, select

from spanwise_collector.model.log import severity_name
from spanwise_collector.model.span import kind_name, status_name
from spanwise_collector.query.conditions import TABLES, value_of
from spanwise_collector.query.extent import Extent, Rows, extent
from spanwise_collector.query.language.tree import Key, Signal
from spanwise_collector.query.language.write import name_of
from spanwise_collector.query.patterns import widened
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import logs, spans

_FIELDS: Final[dict[Signal, tuple[str, ...]]] = {
    "spans": ("service", "name", "status", "kind", "instance"),
    "logs": ("service", "severity", "instance", "event_name"),
}
# What people look for first, where it is there; then whatever tells most.
_FIRST: Final = (
    "service", "name", "severity", "status", "kind", "http.route", "http.response.status_code", "http.request.method",
    "instance", "service.version", "deployment.environment.name", "error.type", "exception.type", "db.system.name",
    "db.operation.name", "rpc.service", "rpc.method", "messaging.system", "messaging.destination.name",
    "server.address", "event_name", "k8s.namespace.name", "cloud.region",
)  # fmt: skip
_NUMBERED: Final = {"kind": kind_name, "status": status_name, "severity": severity_name}
_MOST_OTHER_KEYS: Final = 500
# Before the keys of attributes, in SQL: an attribute may be called like a field.
_ATTRIBUTE: Final = "attribute."


@dataclass(frozen=True, slots=True)
class Wanted:
    """`keys` are looked at where they are given, else the `most_keys` most telling; of each `most_values` values."""

    keys: tuple[tuple[str, Key], ...] = ()
    most_keys: int = 20
    most_values: int = 10


@dataclass(frozen=True, slots=True)
class Facet:
    """A key as it is written in a query, on how many rows it stands, and its most frequent values.

    `distinct` values are there in the rows looked at; `values` and `other` together are `present`.
    """

    key: str
    present: int
    missing: int
    distinct: int
    other: int
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts are exact where the extent is, else those of the sample scaled up to all that matched.

    `others` are keys without a facet, and how many rows have them; `keys` counts all keys.
    """

    extent: Extent
    looked_at: int
    keys: int
    found: list[Facet]
    others: list[tuple[str, int]]


def facets(engine: Engine, rows: Rows, wanted: Wanted, most: int) -> Facets:
    """Look at the rows, or at about `most` of them where there are more."""
    rows = replace(rows, where=widened(engine, rows.project, rows.where))
    measured = extent(engine, rows, most)
    chosen = and_(*rows.found(), measured.sample(rows.signal))
    looked_at = measured.matched
    if not measured.exact:
        looked_at = engine.read(select(func.count().label("n")).select_from(TABLES[rows.signal]).where(chosen))[0].n
    scale = measured.matched / looked_at if looked_at else 1.0
    pairs = _pairs(rows.signal, wanted.keys, chosen)
    counts = {row.key: (row.present, row.distinct) for row in engine.read(_by_key(pairs))}
    written = {key: _written(key, rows.signal, wanted) for key in counts}
    names = [name for name, _ in wanted.keys] or _most_telling(counts, written, wanted.most_keys)
    tops: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
    fields = {name: key.name for name, key in wanted.keys if key.scope == "field"} or {each: each for each in _NUMBERED}
    for row in engine.read(_values(pairs, names, wanted.most_values)):
        named = _NUMBERED.get(fields.get(row.key, ""))
        tops[row.key].append((named(int(row.value)) if named else row.value, row.n))
    shown = [
        _facet(written.get(name, name), counts.get(name, (0, 0)), tops[name], measured.matched, scale) for name in names
    ]
    others = [(written[key], round(n * scale)) for key, (n, _) in counts.items() if key not in tops]
    others.sort(key=_by_count)
    return Facets(measured, looked_at, len({*counts, *names}), shown, others[:_MOST_OTHER_KEYS])


def _written(key: str, signal: Signal, wanted: Wanted) -> str:
    if wanted.keys or not key.startswith(_ATTRIBUTE):
        return key
    return name_of(signal, Key("plain", key.removeprefix(_ATTRIBUTE)))


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _facet(key: str, counts: tuple[int, int], top: list[tuple[str, int]], matched: int, scale: float) -> Facet:
    present = round(counts[0] * scale)
    values = tuple((value, round(count * scale)) for value, count in top)
    return Facet(
        key=key,
        present=present,
        missing=matched - present,
        distinct=counts[1],
        other=max(0, present - sum(count for _, count in values)),
        values=values,
    )


def _most_telling(counts: dict[str, tuple[int, int]], written: dict[str, str], most: int) -> list[str]:
    """Those that people look for, then keys with a few values on many rows; what differs in every row is last."""
    first = {name: place for place, name in enumerate(_FIRST)}

    def order(key: str) -> tuple[int, int, int, str]:
        present, distinct = counts[key]
        many = distinct > 20 and distinct * 2 > present
        same = distinct == 1
        return (first.get(written[key], len(first)), 2 if many else 1 if same else 0, -present, key)

    return sorted(counts, key=order)[:most]


def _pairs(signal: Signal, keys: tuple[tuple[str, Key], ...], chosen: ColumnElement[bool]) -> Subquery:
    """A row for each key that a row has, with its value as text."""
    pair: ColumnElement[Any] = literal_column("pair")
    if keys:
        columns = [_pair(name, *value_of(key, signal), key) for name, key in keys]
        all_of_them: ColumnElement[Any] = func.array(*columns)
    else:
        columns = [_pair(name, *value_of(Key("field", name), signal), Key("field", name)) for name in _FIELDS[signal]]
        all_of_them = func.arrayConcat(func.array(*columns), _attributes(signal))
    there = func.arrayFilter(pair.op("->")(func.tupleElement(pair, 3)), all_of_them)
    made = select(func.arrayJoin(there).label("pair")).where(chosen).subquery()
    return select(
        func.tupleElement(made.c.pair, 1).label("key"), func.tupleElement(made.c.pair, 2).label("value")
    ).subquery()


def _pair(name: str, value: ColumnElement[Any], there: ColumnElement[bool], key: Key) -> ColumnElement[Any]:
    text = func.toString(value)
    if key == Key("field", "severity"):
        band = func.intDiv(value - 1, 4) * 4 + 1
        text = func.toString(func.if_(value.between(1, 24), band, value))
    elif key.scope in ("field", "scope"):
        there = text != ""
    return func.tuple(name, text, func.toUInt8(there))


def _attributes(signal: Signal) -> ColumnElement[Any]:
    """Attributes by the name that finds them, else those of the resource; of equal keys the first, which counts."""
    columns = (spans if signal == "spans" else logs).c
    keys = func.arrayConcat(func.mapKeys(columns.attributes), func.mapKeys(columns.resource_attributes))
    values = func.arrayConcat(func.mapValues(columns.attributes), func.mapValues(columns.resource_attributes))
    key: ColumnElement[Any] = literal_column("key_")
    value: ColumnElement[Any] = literal_column("value_")
    number: ColumnElement[Any] = literal_column("number_")
    made = func.tuple(func.concat(_ATTRIBUTE, func.toString(key)), value, func.toUInt8(number == 1))
    arguments: ColumnElement[Any] = literal_column("(key_, value_, number_)")
    found: ColumnElement[Any] = func.arrayMap(arguments.op("->")(made), keys, values, func.arrayEnumerateUniq(keys))
    return found


def _by_key(pairs: Subquery) -> Any:
    return select(pairs.c.key, func.count().label("present"), func.uniqExact(pairs.c.value).label("distinct")).group_by(
        pairs.c.key
    )


def _values(pairs: Subquery, names: list[str], most: int) -> Any:
    count = func.count()
    return (
        select(pairs.c.key, pairs.c.value, count.label("n"))
        .where(pairs.c.key.in_(names))
        .group_by(pairs.c.key, pairs.c.value)
        .order_by(pairs.c.key, count.desc(), pairs.c.value)
        .suffix_with(f"LIMIT {most:d} BY key")
    )
