"""SQL text without what may be secret: literals become `?`; and a short summary to name spans by."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_TEXT = 4096
_TOKENS = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<dollar>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<string>(?:\b[eEnNbBxX])?'(?:[^'\\]|''|\\.)*(?:'|\Z))
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[A-Za-z_][^\]]*\])
    | (?P<name>[A-Za-z_][\w$]*|[:@%$][A-Za-z_(]\w*\)?s?|\$\d+|%s)
    | (?P<number>(?<![\w.])-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+))
    """,
    re.VERBOSE | re.DOTALL,
)
_LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")
_TARGET = re.compile(
    r"\b(?:FROM|INTO|UPDATE|JOIN|TABLE(?:\s+IF(?:\s+NOT)?\s+EXISTS)?)\s+([\w.\"`\[\]]+)", re.IGNORECASE
)
_VERB = re.compile(r"\s*(?:\(\s*)?([A-Za-z]+)")


@lru_cache(maxsize=1024)
def sanitized(text: str) -> str:
    """The statement without literals and comments, lists of literals folded, cut at 4096 characters."""
    clean = _TOKENS.sub(_replacement, text[: 4 * MAX_TEXT])
    clean = _LISTS.sub("(?)", clean)
    return clean if len(clean) <= MAX_TEXT else clean[:MAX_TEXT] + "…"


def _replacement(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "comment":
        return ""
    return match[0] if kind in ("quoted", "name") else "?"


@lru_cache(maxsize=1024)
def summary(text: str) -> str:
    """Verb and first table, such as `SELECT items`; empty for what is no SQL."""
    clean = sanitized(text)
    verb = _VERB.match(clean)
    if verb is None:
        return ""
    target = _TARGET.search(clean)
    name = verb[1].upper()
    return f"{name} {target[1]}"[:255] if target else name
