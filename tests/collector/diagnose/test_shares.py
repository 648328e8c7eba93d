"""Shares against worked examples of the papers, and what must hold of any two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.diagnose.shares import confidence, difference


@pytest.mark.parametrize(
    ("a", "n_a", "b", "n_b", "expected"),
    [
        # Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10.
        (56, 70, 48, 80, (0.2, 0.0524, 0.3339)),
        (9, 10, 3, 10, (0.6, 0.1705, 0.8090)),
        (5, 56, 0, 29, (0.0893, -0.0381, 0.1926)),
        (0, 10, 0, 20, (0.0, -0.1611, 0.2775)),
        (10, 10, 0, 10, (1.0, 0.6075, 1.0)),
    ],
)
def test_the_interval_is_that_of_the_paper(
    a: int, n_a: int, b: int, n_b: int, expected: tuple[float, float, float]
) -> None:
    found = difference(a, n_a, b, n_b, confidence(1))
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == expected


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1), st.integers(1, 10_000))
def test_the_interval_holds_the_difference_and_turns_with_the_sides(
    n_a: int, n_b: int, share_a: float, share_b: float, tests: int
) -> None:
    a, b, z = round(n_a * share_a), round(n_b * share_b), confidence(tests)
    one, other = difference(a, n_a, b, n_b, z), difference(b, n_b, a, n_a, z)
    assert -1 - 1e-9 <= one.low <= one.value <= one.high <= 1 + 1e-9
    assert (one.low, one.value, one.high) == pytest.approx((-other.high, -other.value, -other.low))
    assert one.sure == pytest.approx(other.sure)
    # The more shares are looked at, the less is sure of one.
    assert difference(a, n_a, b, n_b, confidence(tests + 1)).sure <= one.sure


def test_a_set_without_rows_says_nothing() -> None:
    assert difference(0, 0, 7, 7, confidence(1)).sure == 0.0
