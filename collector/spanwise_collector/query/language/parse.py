"""Query text to syntax tree."""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from lark import Lark
from lark.exceptions import UnexpectedInput, VisitError

from spanwise_collector.errors import InvalidQuery
from spanwise_collector.query.language.build import Builder
from spanwise_collector.query.language.mistakes import Place, explain
from spanwise_collector.query.language.tree import Level, Query

_GRAMMAR: Final = Path(__file__).with_name("grammar.lark")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may hold: characters, terms, how deep terms may be nested; and spans to see who is below whom."""

    length: int = 8192
    terms: int = 200
    depth: int = 20
    structure_spans: int = 1_000_000


DEFAULT_LIMITS: Final = Limits()


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR.read_text("utf-8"), parser="lalr", lexer="contextual", propagate_positions=True)


def parse(text: str, level: Level, limits: Limits = DEFAULT_LIMITS, now: int | None = None) -> Query:
    """The meaning of a text for spans, log records or traces; an empty one asks for everything.

    `now` is what `now-15m` counts from, in ns. Raises InvalidQuery, which says where the text is wrong.
    """
    if len(text) > limits.length:
        raise Place(limits.length, len(text) - limits.length).wrong(
            f"the query has {len(text):,} characters; the limit query_length allows {limits.length:,}."
        )
    builder = Builder(level, limits.terms, limits.depth, time.time_ns() if now is None else now, _expand)
    try:
        found = builder.transform(_parser().parse(text))
    except UnexpectedInput as error:
        raise explain(error, text) from None
    except VisitError as error:
        if isinstance(error.orig_exc, InvalidQuery):
            raise error.orig_exc from None
        raise
    assert isinstance(found, Query)
    return found


def _expand(text: str, level: Level) -> Query:
    """What a short form such as `has:error` stands for."""
    return parse(text, level)
