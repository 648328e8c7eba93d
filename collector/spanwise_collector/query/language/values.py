"""The values of fields that are no plain text: durations, times, ids, counts and words from a list."""

import re
from typing import Final

from spanwise_collector.errors import InvalidParameter, excerpt
from spanwise_collector.query.language.fields import Field, Kind
from spanwise_collector.query.language.mistakes import Place
from spanwise_collector.query.language.quantity import DURATIONS, quantity, unit_of
from spanwise_collector.query.language.tree import Equals, Exists, Number, Operator, Range, Test
from spanwise_collector.query.times import parse_time

_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_HIGHEST: Final = 2**63 - 1
_SEVERITIES_OF_A_NAME: Final = 4


def parts(text: str) -> tuple[str, ...]:
    """The texts between the stars of a pattern; a backslash makes the character after it plain."""
    found = [""]
    characters = iter(text)
    for character in characters:
        if character == "*":
            found.append("")
        elif character == "\\":
            found[-1] += next(characters, "\\")
        else:
            found[-1] += character
    return tuple(found)


def test(field: Field, operator: Operator, text: str, place: Place, now: int, *, regex: bool) -> Test:
    """What a value of the field must pass. Raises InvalidQuery."""
    if regex:
        raise place.wrong(f"`{field.name}` is no text: it cannot be compared with a regular expression.", field.example)
    plain = parts(text)
    if text == "*" and operator == "=":
        return _exists(field, place)
    if len(plain) > 1:
        raise place.wrong(f"`{field.name}` is no text: a star means nothing in its value.", field.example)
    if field.kind is Kind.DURATION:
        return Number(operator, _duration(field, plain[0], place))
    if field.kind is Kind.TIME:
        return Number(operator, _time(plain[0], place, now))
    if field.kind is Kind.COUNT:
        return Number(operator, _count(field, plain[0], place))
    return _OF_WORDS[field.kind](field, operator, plain[0], place)


def _exists(field: Field, place: Place) -> Test:
    if field.kind is Kind.ID:
        return Exists()
    if field.kind in (Kind.CHOICE, Kind.SEVERITY):
        return Number(">", 0)
    raise place.wrong(f"`{field.name}` is always there; compare it, such as {field.example}.", field.example)


def _duration(field: Field, text: str, place: Place) -> int:
    unit = unit_of(text)
    number = quantity(text, DURATIONS)
    if number is None or number < 0 or (not unit and number != 0):
        written = excerpt(text, 40)
        hint = f"'{excerpt(unit, 20)}' is no unit of time" if unit and number is None else f"'{written}' is no duration"
        raise place.wrong(
            f"{hint}; write a number and a unit, such as 20us, 500ms, 1.5s or 2m.",
            *DURATIONS,
            near=(unit, DURATIONS) if unit and number is None else None,
        )
    return min(round(number), _HIGHEST)


def _time(text: str, place: Place, now: int) -> int:
    try:
        return parse_time(text, "q", now)
    except InvalidParameter:
        raise place.wrong(
            f"'{excerpt(text, 40)}' is no time; write RFC 3339 (2026-01-31T12:00:00Z), now-15m, or ns since the epoch.",
            "2026-01-31T12:00:00Z",
            "now-15m",
        ) from None


def _count(field: Field, text: str, place: Place) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise place.wrong(f"'{excerpt(text, 40)}' is no number to count to; such as {field.example}.", "a number")
    return int(text)


def _id(field: Field, operator: Operator, text: str, place: Place) -> Test:
    if operator != "=":
        raise place.wrong(f"`{field.name}` has no order: write {field.name}:id.", ":")
    filled = text.rjust(field.digits, "0") if field.digits == 32 and len(text) == 16 else text
    if len(filled) != field.digits or not _HEX.fullmatch(filled):
        raise place.wrong(f"'{excerpt(text, 40)}' is no id; it has {field.digits} hex digits.", field.example)
    return Equals(filled.lower())


def _choice(field: Field, operator: Operator, text: str, place: Place) -> Test:
    words = dict(field.choices)
    if operator != "=":
        raise place.wrong(f"`{field.name}` has no order: write {field.name}:{field.choices[-1][0]}.", ":")
    if text.lower() not in words:
        raise place.wrong(
            f"`{field.name}` is {', '.join(words)}; '{excerpt(text, 40)}' is none of them.",
            *words,
            near=(text, words),
        )
    return Number("=", words[text.lower()])


def _severity(field: Field, operator: Operator, text: str, place: Place) -> Test:
    if text.isascii() and text.isdigit() and int(text[:4]) <= 24:
        return Number(operator, int(text))
    words = dict(field.choices)
    lowest = words.get(text.lower())
    if lowest is None:
        raise place.wrong(
            f"`severity` is {', '.join(words)} or a number to 24; '{excerpt(text, 40)}' is none of them.",
            *words,
            near=(text, words),
        )
    highest = lowest + _SEVERITIES_OF_A_NAME - 1 if lowest else 0
    if operator == "=":
        return Range(Number(">=", lowest), Number("<=", highest))
    return Number(operator, highest if operator in (">", "<=") else lowest)


_OF_WORDS: Final = {Kind.ID: _id, Kind.CHOICE: _choice, Kind.SEVERITY: _severity}
