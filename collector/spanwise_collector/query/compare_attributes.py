"""The attributes of two samples of spans, and of the other spans of their traces, counted by key and value in SQL."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, literal_column, select, union_all

from spanwise_collector.diagnose.separation import Counted, Place, Value
from spanwise_collector.model.span import kind_name, status_name
from spanwise_collector.query.compare_sample import Sample
from spanwise_collector.query.conditions import no
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
    return [_counted(row) for row in engine.read(_by_key(_by_value(_by_row(a, b)), a, b))]


def _by_row(a: Sample, b: Sample) -> Subquery:
    """The values of each key of each row: a row is a compared span, or a trace for what is elsewhere in it."""
    # An id may have several spans.
    span = func.cityHash64(_columns.trace_id, _columns.span_id, func.rowNumberInAllBlocks())
    found = [_pairs(side, each.of_it(), span, "", _fields(_FIELDS)) for side, each in enumerate((a, b))]
    for side, each in enumerate((a, b)):
        others = no(each.with_tree())
        fields = _fields(("service", "instance"))
        trace = func.cityHash64(_columns.trace_id)
        found.append(_pairs(side, each.around() & others, trace, _columns.service, fields))
    made = union_all(*found).subquery()
    pair = made.c.pair
    return (
        select(
            made.c.side,
            made.c.elsewhere,
            made.c.service,
            func.tupleElement(pair, 1).label("field"),
            func.tupleElement(pair, 2).label("key"),
            func.groupUniqArray(func.tupleElement(pair, 3)).label("texts"),
        )
        .group_by(made.c.side, made.c.elsewhere, made.c.service, "field", "key", made.c.row)
        .subquery()
    )


def _pairs(
    side: int, where: ColumnElement[bool], row: ColumnElement[Any], service: Any, fields: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    """A row for each key that a span has: (is a field, key, value as text)."""
    return select(
        func.toUInt8(side).label("side"),
        func.toUInt8(service != "" if isinstance(service, str) else True).label("elsewhere"),
        func.toString(service).label("service"),
        row.label("row"),
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


def _by_value(rows: Subquery) -> Subquery:
    """On how many rows of each side each value is; a value that `is_key` stands for the key itself."""
    text: ColumnElement[Any] = literal_column("text_")
    values = func.arrayMap(text.op("->")(func.tuple(func.toUInt8(0), text)), rows.c.texts)
    value: ColumnElement[Any] = func.arrayJoin(func.arrayPushBack(values, func.tuple(func.toUInt8(1), "")))
    keys = (rows.c.elsewhere, rows.c.service, rows.c.field, rows.c.key)
    made = select(*keys, rows.c.side, value.label("value")).subquery()
    return (
        select(
            *(made.c[each.name] for each in keys),
            func.tupleElement(made.c.value, 1).label("is_key"),
            func.tupleElement(made.c.value, 2).label("text"),
            func.countIf(made.c.side == 0).label("a"),
            func.countIf(made.c.side == 1).label("b"),
        )
        .group_by(*(made.c[each.name] for each in keys), "is_key", "text")
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
    return (
        select(
            *keys,
            func.sumIf(c.a, c.is_key == 1).label("a"),
            func.sumIf(c.b, c.is_key == 1).label("b"),
            func.countIf(is_value).label("distinct"),
            func.countIf(is_value & func.match(c.text, _IDS)).label("ids"),
            func.countIf(is_value & func.match(c.text, _TIMES)).label("times"),
            func.arrayMap(each.op("->")(shown), func.arraySlice(sorted_, 1, _MOST_VALUES)).label("top"),
        )
        .group_by(*keys)
        .order_by(*keys)
    )


def _counted(row: Any) -> Counted:
    named = _NUMBERED.get(row.key) if row.field else None
    values = (Value(named(int(text)) if named else text, a, b, bool(long)) for text, a, b, long in row.top)
    place = Place("trace" if row.elsewhere else "span", row.service, row.key, bool(row.field))
    return Counted(place, row.a, row.b, row.distinct, row.ids, row.times, tuple(values))
