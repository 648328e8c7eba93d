"""The time that a window is held against: the last one in which nothing was broken."""

from __future__ import annotations

import pytest
from spanwise_collector.query.quiet import quiet_time

M = 60_000_000_000
NOW = 10_000 * M


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
    start, end = quiet_time([(NOW + round(a * M), NOW + round(b * M)) for a, b in troubled], NOW)
    assert ((start - NOW) / M, (end - NOW) / M) == expected


def test_a_short_window_needs_no_longer_a_baseline_than_itself() -> None:
    assert quiet_time([(NOW - 9 * M, NOW - M // 4)], NOW, M // 6) == (NOW - M // 6, NOW)
