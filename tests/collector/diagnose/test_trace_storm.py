"""Failures that are tried again on several levels."""

from __future__ import annotations

from spanwise_collector.diagnose.trace_storm import retry_storms
from spanwise_collector.model.span import ERROR, Span

from tests.collector.diagnose.subjects import in_ms, subject, told


def tries(levels: list[int], status: int = ERROR, operation: str = "stock/find") -> list[Span]:
    """A root whose calls, each failed, are repeated as often as `levels` says, the deepest last."""
    spans = [in_ms(1, 0, 0, 1000, "edge/get", status_code=status)]
    above, number = [1], 2
    for depth, times in enumerate(levels):
        name = operation if depth == len(levels) - 1 else f"shop{depth}/call"
        below = []
        for parent in above:
            for _ in range(times):
                spans.append(in_ms(number, parent, number * 10, number * 10 + 5, name, status_code=status))
                below.append(number)
                number += 1
        above = below
    return spans


def test_tries_on_two_levels_multiply() -> None:
    assert told(retry_storms(subject(tries([2, 3])))) == [
        ("shop0", 0.0, "find of stock was reached 6 times: call of shop0 and get of edge sent failed calls again.")
    ]


def test_many_tries_on_one_level_are_a_storm() -> None:
    assert [service for service, _, _ in told(retry_storms(subject(tries([5]))))] == ["edge"]


def test_a_few_tries_are_only_retries() -> None:
    assert retry_storms(subject(tries([4]))) == []
    assert retry_storms(subject(tries([1, 3]))) == []


def test_calls_that_go_well_are_no_storm_however_many() -> None:
    assert retry_storms(subject(tries([3, 3], status=0))) == []
