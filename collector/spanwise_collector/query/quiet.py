"""A time in which nothing was broken, to hold others against."""

from collections.abc import Sequence
from typing import Final

from spanwise_collector.query.diagnosis import Window
from spanwise_collector.store.tables import MINUTE

LONGEST: Final = 30 * MINUTE
SHORTEST: Final = MINUTE
_LOOK_BACK: Final = 24 * 60 * MINUTE


def quiet_time(troubled: Sequence[tuple[int, int]], asked: Window, longest: int = LONGEST) -> Window:
    """The last stretch before a window, of `longest` at most, that no troubled time (from, until) touches.

    One shorter than a minute will not do. Where a whole day has none: as long as that directly before the window.
    """
    end = asked.start
    earliest = max(0, asked.start - _LOOK_BACK)
    for begun, ended in sorted(troubled, key=lambda each: -each[1]):
        if begun >= end:
            continue
        if end - max(ended, earliest) >= SHORTEST and ended < end:
            return Window(max(ended, earliest, end - longest), end)
        end = min(end, begun)
        if end <= earliest:
            return Window(max(0, asked.start - longest), asked.start)
    return Window(max(0, earliest, end - longest), end)
