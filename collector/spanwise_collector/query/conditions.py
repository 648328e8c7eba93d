"""A condition of the search language as a condition on the table of spans or of logs. Values are always bound."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, and_, false, func, literal, literal_column, or_, true

from spanwise_collector.query.language.quantity import NUMBER
from spanwise_collector.query.language.tree import (
    And,
    Equals,
    Exists,
    FreeText,
    Key,
    Like,
    Node,
    Not,
    Number,
    Operator,
    Or,
    Order,
    Range,
    Regex,
    Signal,
    Term,
    Test,
)
from spanwise_collector.store.tables import logs, lookup, span_id_literal, spans, trace_id_literal

TABLES: Final[dict[Signal, Table]] = {"spans": spans, "logs": logs}
_DURATION: Final = func.greatest(spans.c.duration, 0)
_FIELDS: Final[dict[Signal, dict[str, ColumnElement[Any]]]] = {
    "spans": {
        **{each: spans.c[each] for each in ("service", "instance", "name", "kind", "status_message", "trace_state")},
        **{each: spans.c[each] for each in ("trace_id", "span_id", "parent_span_id")},
        "status": spans.c.status_code,
        "failed": spans.c.failed,
        "duration": _DURATION,
        "start": spans.c.start_time_unix_nano,
    },
    "logs": {
        **{each: logs.c[each] for each in ("service", "instance", "severity_text", "body", "event_name")},
        **{each: logs.c[each] for each in ("trace_id", "span_id")},
        "severity": logs.c.severity_number,
        "time": logs.c.time_unix_nano,
        "pattern": logs.c.pattern,
    },
}
_ID_LITERALS: Final[dict[str, Callable[[str], ColumnElement[Any]]]] = {
    "trace_id": trace_id_literal,
    "span_id": span_id_literal,
    "parent_span_id": span_id_literal,
    "pattern": lambda digits: literal(int(digits or "0", 16)),
}
# An element of the array in question.
EACH: Final[ColumnElement[Any]] = literal_column("each")
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def condition(node: Node, signal: Signal) -> ColumnElement[bool]:
    """Whether a row is one that `node` asks for."""
    match node:
        case And(parts):
            return and_(true(), *(condition(each, signal) for each in parts)) if parts else true()
        case Or(parts):
            return or_(*(condition(each, signal) for each in parts))
        case Not(part):
            return no(condition(part, signal))
        case FreeText(text):
            return _found_in_logs(text) if signal == "logs" else _found_in_spans(text)
        case Term(key, test):
            return _term(key, test, signal)
    raise TypeError(f"not a condition on {signal}: {node}")


def no(holds: ColumnElement[Any]) -> ColumnElement[bool]:
    """The contrary; SQLAlchemy's own would turn operators around, which is not the same where a number is none."""
    negated: ColumnElement[bool] = getattr(func, "not")(holds)
    return negated


def value_of(key: Key, signal: Signal) -> tuple[ColumnElement[Any], ColumnElement[bool]]:
    """A key's value, and whether it is there. Keys of events and links have many and are not asked here."""
    columns = TABLES[signal].c
    if key.scope == "field":
        return _FIELDS[signal][key.name], true()
    if key.scope == "scope" and key.name in ("name", "version"):
        return columns[f"scope_{key.name}"], true()
    if key.scope == "plain":
        own = func.mapContains(columns.attributes, key.name)
        either = getattr(func, "if")(
            own, lookup(columns.attributes, key.name), lookup(columns.resource_attributes, key.name)
        )
        return either, or_(own, func.mapContains(columns.resource_attributes, key.name))
    column = columns.attributes if key.scope == "attribute" else columns[f"{key.scope}_attributes"]
    return lookup(column, key.name), func.mapContains(column, key.name)


def _term(key: Key, test: Test, signal: Signal) -> ColumnElement[bool]:  # noqa: PLR0911 - a case a return
    columns = TABLES[signal].c
    if key.scope in ("event", "link"):
        return _any_of_many(key, test)
    value, there = value_of(key, signal)
    if key.scope == "field" and key.name in _ID_LITERALS:
        return _id(value, key.name, test)
    if key.scope == "field" or (key.scope == "scope" and key.name in ("name", "version")):
        return _not_empty(value) if isinstance(test, Exists) else passes(value, test, _is_number(value))
    if isinstance(test, Exists):
        return there
    if isinstance(test, Equals) and test.text:
        # An absent key reads as "", so its presence needs no look of its own.
        if key.scope != "plain":
            return value == test.text
        own = func.mapContains(columns.attributes, key.name)
        return or_(
            lookup(columns.attributes, key.name) == test.text,
            and_(lookup(columns.resource_attributes, key.name) == test.text, no(own)),
        )
    return and_(there, passes(value, test))


def _any_of_many(key: Key, test: Test) -> ColumnElement[bool]:
    """Whether one of a span's events or links has the key with a value that passes."""
    named: dict[tuple[str, str], Column[Any]] = {
        ("event", "name"): spans.c.event_names,
        ("link", "trace_id"): spans.c.link_trace_ids,
        ("link", "span_id"): spans.c.link_span_ids,
    }
    column = named.get((key.scope, key.name))
    if column is not None:
        if isinstance(test, Exists):
            return func.notEmpty(column)
        return one_of(passes(EACH, test), column)
    there = func.mapContains(EACH, key.name)
    holds = there if isinstance(test, Exists) else and_(there, passes(func.arrayElement(EACH, key.name), test))
    return one_of(holds, spans.c[f"{key.scope}_attributes"])


def one_of(holds: ColumnElement[bool], column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether something holds for one element of an array, which `holds` calls EACH."""
    return func.arrayExists(EACH.op("->")(holds), column)


def _is_number(value: ColumnElement[Any]) -> bool:
    return any(value is each for each in _NUMBERS)


_NUMBERS: Final = (
    spans.c.kind, spans.c.status_code, spans.c.failed, _DURATION, spans.c.start_time_unix_nano, logs.c.severity_number,
    logs.c.time_unix_nano,
)  # fmt: skip


def _id(value: ColumnElement[Any], name: str, test: Test) -> ColumnElement[bool]:
    make = _ID_LITERALS[name]
    return value == make(test.text) if isinstance(test, Equals) else value != make("")


def _not_empty(value: ColumnElement[Any]) -> ColumnElement[bool]:
    return value != ""


def passes(value: ColumnElement[Any], test: Test, number: bool = False) -> ColumnElement[bool]:  # noqa: PLR0911
    """Whether a value, a text or where `number` says so a number, passes a test other than Exists."""
    match test:
        case Equals(text):
            return value == text
        case Like(parts):
            return func.like(value, "%".join(part.translate(_ESCAPED) for part in parts))
        case Regex(pattern):
            return func.match(value, pattern)
        case Order(operator, text):
            return _compared(value, operator, text)
        case Number(operator, than) if number:
            return _compared(value, operator, than)
        case Number(operator, than):
            read = func.match(value, f"^(?:{NUMBER})$")
            return and_(read, _compared(func.toFloat64OrZero(value), operator, float(than)))
        case Range(low, high):
            return and_(passes(value, low, number), passes(value, high, number))
    return false()


def _compared(value: ColumnElement[Any], operator: Operator, than: object) -> ColumnElement[bool]:
    return value.op(operator, is_comparison=True)(literal(than))


def _found_in_logs(text: str) -> ColumnElement[bool]:
    return _holds(logs.c.body, text)


def _found_in_spans(text: str) -> ColumnElement[bool]:
    columns = spans.c
    in_event = one_of(
        func.arrayExists(literal_column("text").op("->")(_holds(literal_column("text"), text)), func.mapValues(EACH)),
        columns.event_attributes,
    )
    return or_(
        _holds(columns.name, text),
        _holds(columns.status_message, text),
        one_of(_holds(EACH, text), func.mapValues(columns.attributes)),
        one_of(_holds(EACH, text), columns.event_names),
        in_event,
    )


def _holds(value: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return func.positionCaseInsensitiveUTF8(value, text) > 0
