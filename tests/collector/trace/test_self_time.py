"""Self time: worked examples, and a slow plain definition."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spanwise_collector.model.span import Span
from spanwise_collector.trace.self_time import self_time
from spanwise_collector.trace.tree import build

from tests.collector.trace.spans import span


def of_root(*spans: Span) -> int:
    return self_time(build(spans)[0])


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        pytest.param([], 100, id="without children all of it"),
        pytest.param([(10, 30)], 80, id="less what a child covers"),
        pytest.param([(10, 30), (20, 50)], 60, id="what two cover counts once"),
        pytest.param([(10, 60), (20, 30)], 50, id="a child within another's time"),
        pytest.param([(10, 20), (20, 30)], 80, id="children side by side"),
        pytest.param([(0, 100)], 0, id="covered whole"),
        pytest.param([(-50, 10)], 90, id="a child that began before"),
        pytest.param([(90, 500)], 90, id="a child that ended after"),
        pytest.param([(200, 300)], 100, id="a child after its parent's end"),
        pytest.param([(-30, -10)], 100, id="a child before its parent's start"),
        pytest.param([(50, 40)], 100, id="a child whose clock went back"),
        pytest.param([(50, 50)], 100, id="a child of no time"),
        pytest.param([(30, 0)], 100, id="a child that has not ended"),
    ],
)
def test_self_time_is_what_no_child_covers(children: list[tuple[int, int]], expected: int) -> None:
    below = [span(2 + n, 1, 1000 + start, 1000 + end if end else 0) for n, (start, end) in enumerate(children)]
    nodes = build([span(1, 0, 1000, 1100), *below])
    root = next(node for node in nodes if node.span.name == "1")
    assert self_time(root) == expected


def test_grandchildren_do_not_count() -> None:
    assert of_root(span(1, 0, 0, 100), span(2, 1, 10, 20), span(3, 2, 10, 90)) == 90


@pytest.mark.parametrize("end", [0, 4, 5])
def test_a_span_that_has_not_ended_or_ended_too_early_has_no_self_time(end: int) -> None:
    assert of_root(span(1, 0, 5, end)) == 0


@given(
    st.integers(0, 20),
    st.integers(0, 40),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8),
)
@settings(max_examples=300, deadline=None)
def test_self_time_is_the_count_of_nanoseconds_that_no_child_covers(
    start: int, end: int, children: list[tuple[int, int]]
) -> None:
    below = [span(2 + number, 1, *times) for number, times in enumerate(children)]
    root = next(node for node in build([span(1, 0, start, end), *below]) if node.span.name == "1")
    plain = sum(not any(first <= moment < last for first, last in children) for moment in range(start, end))
    assert self_time(root) == plain
