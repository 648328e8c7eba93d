"""A time in which nothing was broken, to hold others against."""

from collections.abc import Sequence
from typing import Final

from spanwise_collector.store.tables import MINUTE

LONGEST: Final = 30 * MINUTE
SHORTEST: Final = MINUTE
_LOOK_BACK: Final = 24 * 60 * MINUTE


def quiet_time(troubled: Sequence[tuple[int, int]], before: int, longest: int = LONGEST) -> tuple[int, int]:
    """The last stretch that ends at or before a time, of `longest` at most, touched by no troubled one (from, until).

    One shorter than a minute (and than `longest`) will not do. Where a whole day has none: as long as that directly
    before the time.
    """
    end, shortest = before, min(SHORTEST, longest)
    earliest = max(0, before - _LOOK_BACK)
    for begun, ended in sorted(troubled, key=lambda each: -each[1]):
        if begun >= end:
            continue
        if end - max(ended, earliest) >= shortest and ended < end:
            return max(ended, earliest, end - longest), end
        end = min(end, begun)
        if end <= earliest:
            return max(0, before - longest), before
    return max(0, earliest, end - longest), end
