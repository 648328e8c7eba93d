"""What is wrong with a query, in a sentence: where, what was expected, and what was probably meant."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lark.exceptions import UnexpectedInput, UnexpectedToken

from spanwise_collector.errors import InvalidQuery, excerpt

_WORDS: Final[Mapping[str, str]] = {
    "KEY": "key:value",
    "WORD": "a word",
    "STRING": 'text in "quotation marks"',
    "BARE": "a value",
    "BOUND": "a value",
    "REGEX": "/a regular expression/",
    "LPAR": "(",
    "RPAR": ")",
    "LBRACE": "{",
    "RBRACE": "}",
    "LSQB": "[a TO b]",
    "RSQB": "]",
    "TO": "TO",
    "_COLON": ": and a value, without a space between",
    "EQUAL": "=",
    "COMPARE": "> >= < <= or !=",
    "NUMBER": "a number",
    "STEP": "> or >>",
    "VBAR": "|",
    "COMMA": ",",
    "EVERY": "every",
    "NAME": "a key",
    "FUNCTION": "count, rate, sum(key), avg(key), min(key), max(key), distinct(key) or p95(key)",
    "DURATION": "a duration such as 1m",
    "_OR": "OR",
    "_AND": "AND",
    "_NOT": "NOT or -",
    "_COUNT": "count(",
    "_GROUP": "group",
    "$END": "the end",
}
_ANYTHING: Final = frozenset({"KEY", "WORD"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the text: `start` counts from 0."""

    start: int
    length: int

    def wrong(self, message: str, *expected: str, near: tuple[str, Iterable[str]] | None = None) -> InvalidQuery:
        """The error that stands here. `near`: what was written, and what is known; the nearest of them are offered."""
        return InvalidQuery(
            message,
            column=self.start + 1,
            length=max(1, self.length),
            expected=expected,
            suggestions=nearest(*near) if near else (),
        )


def nearest(written: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to two of the known words that `written` is probably a misspelling of, the likeliest first."""
    by_lower = {word.lower(): word for word in known}
    # One letter is half of a unit.
    cutoff = 0.5 if len(written) <= 3 else 0.7
    found = difflib.get_close_matches(written.lower()[:60], by_lower, n=2, cutoff=cutoff)
    return tuple(by_lower[each] for each in found)


def explain(error: UnexpectedInput, text: str) -> InvalidQuery:
    """What the parser stumbled over, as a person would say it."""
    start = error.pos_in_stream if error.pos_in_stream is not None and error.pos_in_stream >= 0 else len(text)
    raw = error.accepts or error.expected if isinstance(error, UnexpectedToken) else getattr(error, "allowed", None)
    wanted = set(raw or ())
    at_end = start >= len(text) or (isinstance(error, UnexpectedToken) and error.token.type == "$END")
    start = len(text) if at_end else start
    return Place(start, 1).wrong(_message(text, start, wanted), *_expected(wanted))


def _expected(wanted: set[str]) -> tuple[str, ...]:
    if wanted >= _ANYTHING:
        wanted = wanted - {"STRING", "LPAR", "LBRACE", "_NOT", "_COUNT", "_AND"}
    return tuple(sorted({_WORDS.get(each, each) for each in wanted}))


def _message(text: str, start: int, wanted: set[str]) -> str:
    rest = text[start:]
    if "_COLON" in wanted and rest.startswith(":"):
        return "a value must follow its colon directly; put text that holds a colon in quotation marks."
    if rest.startswith('"'):
        return "this quotation mark is not closed."
    if rest.startswith("\\"):
        return "a backslash must stand before the character that it makes plain."
    options = _expected(wanted)
    listed = f"{', '.join(options[:-1])} or {options[-1]}" if len(options) > 1 else "".join(options)
    if not rest:
        return f"the query ends here; expected {listed}." if listed else "the query ends too early."
    found = f"'{excerpt(rest.split()[0] if rest.split() else rest, 30)}'"
    return f"{found} cannot stand here; expected {listed}." if listed else f"{found} cannot stand here."
