"""`| group service | count, p95(duration) every 1m`: what to make of the spans or records found."""

import re
from collections.abc import Sequence
from typing import Final

from lark import Token, Tree

from spanwise_collector.errors import excerpt
from spanwise_collector.query.language.fields import names
from spanwise_collector.query.language.mistakes import Place
from spanwise_collector.query.language.quantity import DURATIONS, quantity, unit_of
from spanwise_collector.query.language.terms import key_of
from spanwise_collector.query.language.tree import Key, Level, Measure, Pipeline

_PERCENTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,3})?)")
_PLAIN: Final = ("count", "rate")
_OF_A_KEY: Final = ("sum", "avg", "min", "max", "distinct")
LISTED: Final = (*_PLAIN, *(f"{each}(key)" for each in _OF_A_KEY), "p95(key)")
MOST_KEYS: Final = 8
MOST_MEASURES: Final = 16
SHORTEST_BUCKET: Final = 1_000_000


def made(level: Level, stages: Sequence[Tree[Token]]) -> Pipeline:
    """The pipeline of the stages that the parser found. Raises InvalidQuery."""
    group: list[tuple[str, Key]] = []
    measures: list[Measure] = []
    every = 0
    for stage in stages:
        if stage.data == "names":
            group = [_group(level, each.children[0]) for each in stage.children]  # type: ignore[union-attr, arg-type]
            _few(group, MOST_KEYS, stage, "keys of a group")
        elif stage.data == "measures":
            measures = [_measure(level, each) for each in stage.children]  # type: ignore[arg-type]
            _few(measures, MOST_MEASURES, stage, "measures")
        else:
            every = _every(stage.children[-1])  # type: ignore[arg-type]
    keys, words = tuple(key for _, key in group), tuple(word for word, _ in group)
    return Pipeline(keys, words, tuple(measures) or (Measure("count", "count"),), every)


def _few(found: Sequence[object], most: int, stage: Tree[Token], what: str) -> None:
    if len(found) > most:
        raise Place(stage.meta.start_pos, 1).wrong(f"there are {len(found)} {what}; at most {most} can be asked for.")


def _group(level: Level, token: Token) -> tuple[str, Key]:
    name = token[1:-1] if token.type == "STRING" else str(token)
    return name, _key(level, name, token)


def _key(level: Level, name: str, token: Token) -> Key:
    place = Place(token.start_pos or 0, len(token))
    key, _ = key_of(level, name, place)
    if key.scope in ("event", "link"):
        raise place.wrong("a span may have many events and links: they cannot be grouped or measured.", *names(level))
    return key


def _measure(level: Level, tree: Tree[Token]) -> Measure:
    function: Token = tree.children[0]  # type: ignore[assignment]
    named = tree.children[1].children[0] if len(tree.children) > 1 else None  # type: ignore[union-attr]
    place = Place(function.start_pos or 0, len(function))
    percentile = _PERCENTILE.fullmatch(function)
    if function in _PLAIN and named is None:
        return Measure(str(function), str(function))  # type: ignore[arg-type]
    if function not in _OF_A_KEY and percentile is None:
        raise place.wrong(
            f"'{excerpt(function, 30)}' is no measure; expected {', '.join(LISTED)}.",
            *LISTED,
            near=(str(function), (*_PLAIN, *_OF_A_KEY)),
        )
    if named is None:
        raise place.wrong(f"`{function}` needs a key, such as {function}(duration).", f"{function}(duration)")
    name = named[1:-1] if named.type == "STRING" else str(named)  # type: ignore[union-attr, index]
    key = _key(level, name, named)  # type: ignore[arg-type]
    if percentile:
        return Measure(f"{function}({name})", "percentile", key, float(percentile[1]) / 100)
    return Measure(f"{function}({name})", str(function), key)  # type: ignore[arg-type]


def _every(token: Token) -> int:
    place = Place(token.start_pos or 0, len(token))
    unit = unit_of(token)
    length = quantity(token, DURATIONS) if unit else None
    if length is None or length < SHORTEST_BUCKET:
        raise place.wrong(
            f"'{excerpt(token, 30)}' is no length of a time bucket; write 1ms or longer, such as every 1m.",
            "every 1m",
            near=(unit, DURATIONS) if unit and length is None else None,
        )
    return round(length)
