"""The time that a window is held against: the last one in which nothing was broken."""

from __future__ import annotations

import pytest
from spanwise_collector.query.diagnosis import Window
from spanwise_collector.query.quiet import quiet_time

M = 60_000_000_000
NOW = 10_000 * M
ASKED = Window(NOW, NOW + 3 * M)


@pytest.mark.parametrize(
    ("troubled", "expected"),
    [
        ([], (-30, 0)),
        ([(-90, -60)], (-30, 0)),
        ([(-20, -10)], (-10, 0)),
        ([(-20, 0)], (-50, -20)),
        ([(-20, 5)], (-50, -20)),
        ([(-20, -0.5)], (-50, -20)),
        ([(-40, -25), (-20, 0)], (-25, -20)),
        ([(-24, -20.5), (-20, 0), (-80, -70)], (-54, -24)),
        ([(-5000, 0)], (-30, 0)),
        ([(1, 2)], (-30, 0)),
    ],
)
def test_the_last_quiet_stretch_is_taken(troubled: list[tuple[float, float]], expected: tuple[int, int]) -> None:
    found = quiet_time([(NOW + round(a * M), NOW + round(b * M)) for a, b in troubled], ASKED)
    assert ((found.start - NOW) / M, (found.end - NOW) / M) == expected
