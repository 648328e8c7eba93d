"""Spans that wait for the slowest of many calls."""

from __future__ import annotations

from spanwise_collector.diagnose.trace_fan_out import fan_outs
from spanwise_collector.model.span import Span

from tests.collector.diagnose.subjects import in_ms, subject, told


def calls(durations: list[float], apart: float = 0) -> list[Span]:
    spans = [in_ms(1, 0, 0, 500, "search/ask")]
    spans += [in_ms(10 + n, 1, 1 + n * apart, 1 + n * apart + each, "shard/find") for n, each in enumerate(durations)]
    return spans


def test_the_slowest_of_many_calls_at_once_is_named() -> None:
    assert told(fan_outs(subject(calls([10.0] * 8 + [200])))) == [
        (
            "shard",
            0.38,
            "ask of search waits for the slowest of 9 calls at once: find took 200 ms, the middle one 10 ms.",
        )
    ]


def test_few_calls_even_calls_and_calls_one_by_one_are_no_fan_out() -> None:
    assert fan_outs(subject(calls([10.0] * 6 + [200]))) == []
    assert fan_outs(subject(calls([150.0] * 8 + [200]))) == []
    assert fan_outs(subject(calls([10.0] * 9 + [200], apart=20))) == []
