"""A time range cut into windows, so that what is newest is found without reading the rest."""

from collections.abc import Iterator
from typing import Final

from spanwise_collector.store.tables import MINUTE

_FIRST: Final = MINUTE
_GROWTH: Final = 8


def newest_first(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Windows on whole minutes that cover `start` (inclusive) to `end` (exclusive), the newest and narrowest first."""
    width = _FIRST
    while end > start:
        begin = max(start, (end - width) // MINUTE * MINUTE)
        yield begin, end
        end, width = begin, width * _GROWTH
