"""The form of a log record taken apart: words, punctuation, and what stands for a parameter."""

import re
from typing import Final

ANY: Final = "<*>"
"""Stands for a parameter."""

_PART: Final = re.compile(r"<\*>|\w[\w'-]*|\s+|[^\w\s]")
_WORD: Final = re.compile(r"\w")
_TOKEN: Final = re.compile(r"[\w.@/~%+-]+")
_INSIDE: Final = re.compile(r"[/.@_]")
_ELSEWHERE: Final = re.compile(r"[/.@]")
# In this order: what a cut left of a quotation; what stands for nothing (`-`, `<none>`); `key=value` and runs of it;
# `<*>-<*>`; `<*>, <*>`; `(<*>, x)`; `, key: <*>, key: <*>` at the end, of which the next record may have more or fewer.
_OPEN: Final = re.compile(r'"[^"]*$')
_VALUE: Final = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]*=)[^\s,;()\[\]{}\"']*")
_VALUES: Final = re.compile(r"[A-Za-z][\w.-]*=<\*>(?:,? [A-Za-z][\w.-]*=<\*>)+")
_RUN: Final = re.compile(r"<\*>(?:[\w:,/.@%+~#-]*<\*>)+|(?<![\w\"])[*:.\-+#@$/~]+<\*>|<\*>[\w/.@%+~#-]+")
_LIST: Final = re.compile(r"<\*>(?:, ?<\*>)+")
_NOTHING: Final = re.compile(r"(?<!\S)-(?!\S)|<[a-z][a-z ]*>")
_TUPLE: Final = re.compile(r"\((?=[^()]*<\*>)[^(),]*,[^()]*\)")
_PAIRS: Final = re.compile(r"(?:, [A-Za-z][\w-]{0,20}: (?:\"<\*>\"|<\*>|[\w-]+)){2,}$")


def tidy(form: str) -> str:
    """A form in which what is plainly a name of something, and each run or list of parameters, is one parameter."""
    text = " ".join(form.split())
    # Of a map, which is JSON, no quotation is open.
    text = _NOTHING.sub(ANY, _OPEN.sub(ANY, text) if text.count('"') % 2 else text)
    text = _VALUES.sub(ANY, _VALUE.sub(rf"\1{ANY}", text))
    text = _TOKEN.sub(_name, text)
    text = _LIST.sub(ANY, _RUN.sub(ANY, text))
    return _PAIRS.sub(f", {ANY}", _TUPLE.sub(f"({ANY})", text))


def _name(found: re.Match[str]) -> str:
    """A word with a dot, slash, underscore or @ inside names something; but not a key, or what a text begins with."""
    token = found[0]
    core = token.rstrip(".-+%~@")
    inside = _INSIDE if found.start() else _ELSEWHERE
    if core == "/" or (inside.search(core) and found.string[found.end() : found.end() + 1] not in ("=", "(")):
        return ANY + token[len(core) :]
    return token


def parts(form: str) -> tuple[str, ...]:
    """The words, signs and spaces of a form; together they are it."""
    return tuple(_PART.findall(form))


def words(part: str) -> bool:
    """Whether a part is a word."""
    return _WORD.match(part) is not None
