"""From when on the diagnosis takes something for unusual."""

import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer
from pydantic_settings import NoDecode

_EXPECTED = "NAME=VALUE with a number, such as slow_spreads=4"


def _pairs(given: Any) -> tuple[tuple[str, float], ...]:
    if isinstance(given, dict):
        return tuple((str(name), _number(value)) for name, value in given.items())
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list | tuple):
        raise ValueError(_EXPECTED)
    return tuple(pair for each in texts for pair in _split(each))


def _split(given: Any) -> Iterator[tuple[str, float]]:
    if isinstance(given, tuple):
        yield given
        return
    if not isinstance(given, str):
        raise ValueError(_EXPECTED)
    for text in given.split():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise ValueError(_EXPECTED)
        yield name, _number(value)


def _number(given: Any) -> float:
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(_EXPECTED)
    return number


class Judging(BaseModel):
    """From when on the diagnosis takes something for unusual."""

    threshold: Annotated[
        tuple[tuple[str, float], ...],
        NoDecode,
        BeforeValidator(_pairs),
        PlainSerializer(lambda all_: [f"{name}={value:g}" for name, value in all_]),
    ] = Field(
        (),
        description="A threshold of the diagnosis that is not to be its default: docs/thresholds.md has all of them."
        " May be given several times, in the variable with spaces between them; in the file a table, [threshold].",
    )
