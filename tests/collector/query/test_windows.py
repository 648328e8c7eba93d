"""The range of a search is cut by how much lies where: covered once, the newest first, whatever is known of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.query.windows import Crowd, windows
from spanwise_collector.store.tables import MINUTE

SECOND = 10**9
FIRST = 50_000
NOW = 1000 * MINUTE + 30 * SECOND

crowds = st.builds(
    lambda minute, rows, after: Crowd(minute, rows, minute * MINUTE + after),
    st.integers(0, 2000),
    st.integers(0, 10**8),
    st.integers(0, MINUTE - 1),
)


@given(
    st.lists(crowds, unique_by=lambda each: each.minute, max_size=30),
    st.integers(0, 2000 * MINUTE),
    st.integers(0, 2000 * MINUTE),
)
def test_every_moment_is_in_one_window_and_the_newest_come_first(found: list[Crowd], start: int, end: int) -> None:
    cut = list(windows(sorted(found, key=lambda each: -each.minute), start, end, FIRST))
    assert all(begin < until for begin, until in cut)
    assert all(older[1] == newer[0] for newer, older in pairwise(cut))
    if start < end:
        assert (cut[0][1], cut[-1][0]) == (end, start)
    else:
        assert cut == []


def crowd(minute: int, rows: int) -> Crowd:
    return Crowd(minute, rows, (minute + 1) * MINUTE - 1)


def test_few_rows_are_one_window() -> None:
    assert list(windows([crowd(999, 4000), crowd(10, 400)], 0, NOW, FIRST)) == [(0, NOW)]


def test_a_crowded_minute_is_cut_from_its_newest_row_on_so_that_each_window_holds_eight_times_as_much() -> None:
    newest = 1000 * MINUTE + 20 * SECOND
    assert list(windows([Crowd(1000, 2_000_000, newest - 1)], 0, NOW, FIRST)) == [
        (newest - 1 * SECOND, NOW),  # half a second would hold enough; a second is the least
        (newest - 5 * SECOND, newest - 1 * SECOND),
        (0, newest - 5 * SECOND),
    ]


def test_windows_reach_over_minutes_until_they_hold_enough() -> None:
    quiet = [crowd(minute, 30_000) for minute in range(1000, 900, -1)]
    first, second, *_ = windows(quiet, 0, NOW, FIRST)
    assert first == (998 * MINUTE + 50 * SECOND, NOW)
    assert (first[0] - second[0]) // MINUTE == 13


@pytest.mark.parametrize(
    ("minutes", "cut"), [(2000, [(8001 * MINUTE, 10_001 * MINUTE), (0, 8001 * MINUTE)]), (1999, [(0, 10_001 * MINUTE)])]
)
def test_beyond_what_is_known_windows_reach_ever_further_back(minutes: int, cut: list[tuple[int, int]]) -> None:
    known = [crowd(10_000 - number, 1) for number in range(minutes)]
    assert list(windows(known, 0, 10_001 * MINUTE, FIRST)) == cut
