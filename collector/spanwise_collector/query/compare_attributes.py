"""The attributes of two samples of spans, and of the other spans of their traces, counted by key and value in SQL."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, literal_column, select, union_all

from spanwise_collector.diagnose.separation import Counted, Place, Value
from spanwise_collector.model.span import kind_name, status_name
from spanwise_collector.query.compare_sample import Sample
from spanwise_collector.query.conditions import no
from spanwise_collector.query.language.quantity import NUMBER
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import spans

_FIELDS: Final = ("service", "name", "status", "kind", "instance")
_NUMBERED: Final = {"kind": kind_name, "status": status_name}
_MOST_VALUES: Final = 20
_LONGEST: Final = 200
_IDS: Final = "^(?:[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$"
_TIMES: Final = "^(?:1[0-9]{9}(?:[0-9]{3}){0,3}(?:[.][0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*)$"
_columns: Final = spans.c


def attributes(engine: Engine, a: Sample, b: Sample) -> list[Counted]:
    """Every key that the spans of the two samples have, or other spans of the traces that are looked at, by service."""
    return [_counted(row) for row in engine.read(_by_key(_by_value(_pairs_of(a, b)), a, b))]


def attributes_of_spans(engine: Engine, a: Sample, b: Sample) -> list[Counted]:
    """Every key that the spans of the two samples have themselves."""
    found = [_pairs(side, each.of_it(), "", _fields(_FIELDS)) for side, each in enumerate((a, b))]
    return [_counted(row) for row in engine.read(_by_key(_by_value(union_all(*found).subquery()), a, b))]


def _pairs_of(a: Sample, b: Sample) -> Subquery:
    """The keys and values of the compared spans, and of the other spans of their traces (`elsewhere`)."""
    found = [_pairs(side, each.of_it(), "", _fields(_FIELDS)) for side, each in enumerate((a, b))]
    for side, each in enumerate((a, b)):
        others = no(each.with_tree())
        found.append(_pairs(side, each.around() & others, _columns.service, _fields(("service", "instance"))))
    return union_all(*found).subquery()


def _pairs(side: int, where: ColumnElement[bool], service: Any, fields: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """A row for each key that a span has: (is a field, key, value as text)."""
    return select(
        func.toUInt8(side).label("side"),
        func.toUInt8(service != "" if isinstance(service, str) else True).label("elsewhere"),
        func.toString(service).label("service"),
        func.cityHash64(_columns.trace_id).label("trace"),
        func.arrayJoin(func.arrayConcat(fields, _attributes())).label("pair"),
    ).where(where)


def _fields(names: Sequence[str]) -> ColumnElement[Any]:
    pair: ColumnElement[Any] = literal_column("pair_")
    made = func.array(*(_pair(name, _columns["status_code" if name == "status" else name]) for name in names))
    found: ColumnElement[Any] = func.arrayFilter(pair.op("->")(func.tupleElement(pair, 3) != ""), made)
    return found


def _pair(name: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    found: ColumnElement[Any] = func.tuple(func.toUInt8(1), func.toString(literal(name)), func.toString(value))
    return found


def _attributes() -> ColumnElement[Any]:
    """Attributes by the name that finds them, else those of the resource; of equal keys the first, which counts."""
    keys = func.arrayConcat(func.mapKeys(_columns.attributes), func.mapKeys(_columns.resource_attributes))
    values = func.arrayConcat(func.mapValues(_columns.attributes), func.mapValues(_columns.resource_attributes))
    key: ColumnElement[Any] = literal_column("key_")
    value: ColumnElement[Any] = literal_column("value_")
    number: ColumnElement[Any] = literal_column("number_")
    arguments: ColumnElement[Any] = literal_column("(key_, value_, number_)")
    made = func.tuple(func.toUInt8(0), func.toString(key), value, number)
    all_of_them = func.arrayMap(arguments.op("->")(made), keys, values, func.arrayEnumerateUniq(keys))
    pair: ColumnElement[Any] = literal_column("pair_")
    first = func.arrayFilter(pair.op("->")(func.tupleElement(pair, 4) == 1), all_of_them)
    short = func.tuple(*(func.tupleElement(pair, place) for place in (1, 2, 3)))
    found: ColumnElement[Any] = func.arrayMap(pair.op("->")(short), first)
    return found


def _by_value(pairs: Subquery) -> Subquery:
    """How many spans of each side have each value, or traces where it is elsewhere; `is_key`: the key, any value."""
    pair = pairs.c.pair
    field, key, text = (func.tupleElement(pair, place) for place in (1, 2, 3))
    value = func.arrayJoin(func.array(func.tuple(func.toUInt8(0), text), func.tuple(func.toUInt8(1), "")))
    columns = (pairs.c.side, pairs.c.elsewhere, pairs.c.service, pairs.c.trace)
    made = select(*columns, field.label("field"), key.label("key"), value.label("value")).subquery()
    keys = (made.c.elsewhere, made.c.service, made.c.field, made.c.key)

    def rows(side: int) -> ColumnElement[Any]:
        of_it, elsewhere = made.c.side == side, made.c.elsewhere == 1
        traces = func.uniqExactIf(made.c.trace, of_it & elsewhere)
        found: ColumnElement[Any] = func.if_(elsewhere, traces, func.countIf(of_it))
        return found

    return (
        select(
            *keys,
            func.tupleElement(made.c.value, 1).label("is_key"),
            func.tupleElement(made.c.value, 2).label("text"),
            rows(0).label("a"),
            rows(1).label("b"),
        )
        .group_by(*keys, "is_key", "text")
        .subquery()
    )


def _by_key(values: Subquery, a: Sample, b: Sample) -> Select[*tuple[Any, ...]]:
    """Each key with its counts, and of its values those whose shares are furthest apart."""
    each: ColumnElement[Any] = literal_column("each_")
    c = values.c
    keys = (c.elsewhere, c.service, c.field, c.key)
    is_value = c.is_key == 0
    # Of spans and of traces alike: which of them it is makes no difference for the order within a key.
    apart = func.abs(func.toFloat64(c.a) * max(1, b.heads) - func.toFloat64(c.b) * max(1, a.heads))
    entry = func.tuple(-apart, c.text, c.a, c.b)
    sorted_ = func.arraySort(func.groupArrayIf(entry, is_value))
    text = func.tupleElement(each, 2)
    long = func.lengthUTF8(text) > _LONGEST
    shown = func.tuple(
        func.substringUTF8(text, 1, _LONGEST), func.tupleElement(each, 3), func.tupleElement(each, 4), long
    )
    is_number = is_value & func.match(c.text, f"^(?:{NUMBER})$")
    return (
        select(
            *keys,
            func.sumIf(c.a, c.is_key == 1).label("a"),
            func.sumIf(c.b, c.is_key == 1).label("b"),
            func.countIf(is_value).label("distinct"),
            func.countIf(is_value & func.match(c.text, _IDS)).label("ids"),
            func.countIf(is_value & func.match(c.text, _TIMES)).label("times"),
            func.arrayMap(each.op("->")(shown), func.arraySlice(sorted_, 1, _MOST_VALUES)).label("top"),
            func.countIf(is_number).label("numbers"),
            _cut(func.groupArrayIf(func.tuple(func.toFloat64OrZero(c.text), c.text, c.a, c.b), is_number), a, b),
        )
        .group_by(*keys)
        .order_by(*keys)
    )


def _cut(numbers: ColumnElement[Any], a: Sample, b: Sample) -> ColumnElement[Any]:
    """Of sorted numbers the one up to which the shares are furthest apart (Kolmogorov and Smirnov), with its counts."""
    each: ColumnElement[Any] = literal_column("each_")
    in_order = func.arraySort(numbers)
    up_to = [func.arrayCumSum(func.arrayMap(each.op("->")(func.tupleElement(each, at)), in_order)) for at in (3, 4)]
    one: ColumnElement[Any] = literal_column("one_")
    other: ColumnElement[Any] = literal_column("other_")
    arguments: ColumnElement[Any] = literal_column("(one_, other_)")
    apart = func.abs(func.toFloat64(one) * max(1, b.heads) - func.toFloat64(other) * max(1, a.heads))
    # Above the last there is nothing.
    all_apart = func.arrayPopBack(func.arrayMap(arguments.op("->")(apart), *up_to))
    place = func.indexOf(all_apart, func.arrayMax(func.arrayPushBack(all_apart, 0.0)))
    found_at = func.greatest(place, 1)
    text = func.tupleElement(func.arrayElement(in_order, found_at), 2)
    found: ColumnElement[Any] = func.tuple(place, text, *(func.arrayElement(counts, found_at) for counts in up_to))
    return found.label("cut")


def _counted(row: Any) -> Counted:
    named = _NUMBERED.get(row.key) if row.field else None
    values = (Value(named(int(text)) if named else text, a, b, bool(long)) for text, a, b, long in row.top)
    place = Place("trace" if row.elsewhere else "span", row.service, row.key, bool(row.field))
    at, *cut = row.cut
    # A trace may have many values of a key.
    is_cut = at and row.numbers == row.distinct and not row.elsewhere
    return Counted(
        place, row.a, row.b, row.distinct, row.ids, row.times, tuple(values), Value(*cut) if is_cut else None
    )
