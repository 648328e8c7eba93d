"""One term of a query: its key found in the table of fields, its value read as the key's kind asks."""

from dataclasses import dataclass
from typing import Final, Literal

import re2  # type: ignore[import-untyped]

from spanwise_collector.errors import excerpt
from spanwise_collector.query.language import values
from spanwise_collector.query.language.fields import HAS, PREFIXES, Field, Kind, field_of, names
from spanwise_collector.query.language.mistakes import Place
from spanwise_collector.query.language.quantity import DURATIONS, SIZES, quantity, unit_of
from spanwise_collector.query.language.tree import (
    Equals,
    Exists,
    Key,
    Level,
    Like,
    Node,
    Not,
    Number,
    Operator,
    Order,
    Range,
    Regex,
    Scope,
    Term,
    Test,
)

_OPERATORS: Final[dict[str, Operator]] = {":": "=", "=": "=", "!=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}


@dataclass(frozen=True, slots=True)
class Written:
    """A value as it was written: `texts` has two for a range, else one; quoted ones are texts, never numbers."""

    form: Literal["bare", "quoted", "regex", "range"]
    texts: tuple[str, ...]
    quoted: tuple[bool, ...]
    place: Place


def key_of(level: Level, name: str, place: Place) -> tuple[Key, Field | None]:
    """What a key names. Any name that is no field is an attribute. Raises InvalidQuery."""
    if level == "traces":
        return _trace_key(name, place)
    field = field_of(level, name)
    if field is not None:
        return Key("field", field.name), field
    if name.startswith("trace.") and field_of("traces", name.removeprefix("trace.")):
        raise place.wrong(
            f"`{excerpt(name, 40)}` is of a whole trace: it can be asked in a search for traces, outside of braces."
        )
    for prefix in PREFIXES[level]:
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            if not rest:
                raise place.wrong(f"`{prefix}` needs the name of an attribute after it.", f"{prefix}name")
            scope: Scope = prefix.removesuffix(".")  # type: ignore[assignment]
            return Key(scope, rest), None
    return Key("plain", name), None


def is_trace_key(name: str) -> bool:
    """Whether it is of a whole trace, where traces are searched."""
    return name.startswith("trace.")


def _trace_key(name: str, place: Place) -> tuple[Key, Field | None]:
    short = name.removeprefix("trace.")
    field = field_of("traces", short)
    if field is None:
        known = [f"trace.{each}" for each in names("traces")]
        raise place.wrong(
            f"`{excerpt(name, 40)}` is nothing that a trace has; `attribute.` before it makes it an attribute.",
            *known,
            near=(name, known),
        )
    return Key("trace", field.name), field


def term(level: Level, name: tuple[str, Place], operator: str, value: Written, now: int) -> Node | str:
    """The node of a term, or the text that it is short for. Raises InvalidQuery."""
    if name[0] == "has" and level in HAS:
        return _has(level, operator, value)
    key, field = key_of(level, *name)
    node: Node = Term(key, _test(field, _OPERATORS[operator], value, now))
    return Not(node) if operator == "!=" else node


def _has(level: Level, operator: str, value: Written) -> str:
    meant = HAS[level].get(value.texts[0].lower()) if operator in (":", "=") else None
    if meant is None:
        options = [f"has:{each}" for each in HAS[level]]
        raise value.place.wrong(
            f"nothing can be had that is called '{excerpt(value.texts[0], 40)}'; expected {', '.join(options)}.",
            *options,
            near=(value.texts[0], HAS[level]),
        )
    return meant


def _test(field: Field | None, operator: Operator, value: Written, now: int) -> Test:
    if value.form == "range":
        return _range(field, operator, value, now)
    if field is not None and field.kind is not Kind.TEXT:
        return values.test(field, operator, value.texts[0], value.place, now, regex=value.form == "regex")
    if value.form == "regex":
        return _regex(operator, value)
    if operator == "=":
        return _pattern(value.texts[0])
    return _bound(operator, value.texts[0], value.quoted[0], value.place)


def _pattern(text: str) -> Test:
    parts = values.parts(text)
    if len(parts) == 1:
        return Equals(parts[0])
    return Exists() if not any(parts) else Like(parts)


def _bound(operator: Operator, text: str, quoted: bool, place: Place) -> Number | Order:
    plain = "*".join(values.parts(text))
    if quoted:
        return Order(operator, plain)
    number = quantity(plain, DURATIONS, SIZES)
    if number is not None:
        return Number(operator, number)
    unit = unit_of(plain)
    if unit:
        raise place.wrong(
            f"'{excerpt(unit, 20)}' is no unit; put the value in quotation marks to compare it as text.",
            *DURATIONS,
            *SIZES,
            near=(unit, (*DURATIONS, *SIZES)),
        )
    return Order(operator, plain)


def _range(field: Field | None, operator: Operator, value: Written, now: int) -> Test:
    if operator != "=":
        raise value.place.wrong("a range stands after a colon: key:[a TO b].", ":")
    found: list[Number | Order] = []
    ends: tuple[Operator, Operator] = (">=", "<=")
    for side, text, quoted in zip(ends, value.texts, value.quoted, strict=True):
        if text == "*" and not quoted:
            continue
        if field is None or field.kind is Kind.TEXT:
            found.append(_bound(side, text, quoted, value.place))
        else:
            test = values.test(field, side, text, value.place, now, regex=False)
            if not isinstance(test, Number):
                raise value.place.wrong(f"`{field.name}` has no order: a range of it means nothing.")
            found.append(test)
    if len({type(each) for each in found}) > 1:
        raise value.place.wrong("a range is from a number to a number, or from a text to a text.")
    return Exists() if not found else found[0] if len(found) == 1 else Range(found[0], found[1])


_RE2: Final = re2.Options()
_RE2.log_errors = False
_RE2.dot_nl = True


def _regex(operator: Operator, value: Written) -> Regex:
    pattern = value.texts[0]
    if operator != "=":
        raise value.place.wrong("a regular expression stands after a colon: key:/pattern/.", ":")
    try:
        re2.compile(pattern, _RE2)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise value.place.wrong(
            f"this is no regular expression of RE2: {excerpt(reason, 120)}.", "/a regular expression/"
        ) from None
    if "\x00" in pattern:
        raise value.place.wrong("a regular expression cannot hold the character 0; write \\x00.")
    return Regex(pattern)
