"""Callers that give up before their callee has answered."""

from __future__ import annotations

import pytest
from spanwise_collector.diagnose.trace_timeout import short_timeouts
from spanwise_collector.model.span import ERROR, Span

from tests.collector.diagnose.counted import calls, durations, edge
from tests.collector.diagnose.subjects import in_ms, subject, told

CALLS = [*edge("shop/call", "stock/find", [1] * 40, [1] * 40), *calls("shop/call", 40)]
QUICK = [*CALLS, *durations("stock/find", [20] * 40)]
LONG = [*CALLS, *durations("stock/find", [300] * 40)]


def given_up(took: float, status: int = ERROR) -> list[Span]:
    return [
        in_ms(1, 0, 0, 120, "shop/get"),
        in_ms(2, 1, 10, 110, "shop/call", status_code=status),
        in_ms(3, 2, 11, 11 + took, "stock/find"),
    ]


def test_a_timeout_below_what_the_callee_usually_takes_is_the_callers() -> None:
    (found,) = short_timeouts(subject(given_up(300), LONG))
    assert told([found]) == [
        ("shop", 0.83, "shop gave stock 100 ms for find, which usually takes 300 ms: its timeout is too short.")
    ]
    assert [each.text for each in found.evidence] == ["gave up after 100 ms", "took 300 ms"]


def test_a_callee_that_took_unusually_long_went_on_for_nothing() -> None:
    assert told(short_timeouts(subject(given_up(300), QUICK))) == [
        ("stock", 0.83, "shop gave up find after 100 ms; stock went on with it for nothing.")
    ]


def test_without_the_callees_span_its_usual_time_still_tells() -> None:
    assert [each.culprit.service for each in short_timeouts(subject(given_up(300)[:2], LONG))] == ["shop"]
    assert short_timeouts(subject(given_up(300)[:2], QUICK)) == []


@pytest.mark.parametrize("spans", [given_up(90), given_up(300, status=0)])
def test_answers_in_time_and_calls_that_went_well_are_no_timeouts(spans: list[Span]) -> None:
    assert short_timeouts(subject(spans, LONG)) == []


def test_a_callee_that_answered_with_a_failure_and_whose_clock_is_ahead_was_waited_for() -> None:
    called = in_ms(2, 1, 10, 12.9, "shop/call", status_code=ERROR)
    answered = in_ms(3, 2, 12.5, 14.9, "stock/find", status_code=ERROR)
    assert short_timeouts(subject([in_ms(1, 0, 0, 120, "shop/get"), called, answered], LONG)) == []
    went_on = in_ms(3, 2, 12.5, 90, "stock/find", status_code=ERROR)
    assert len(short_timeouts(subject([in_ms(1, 0, 0, 120, "shop/get"), called, went_on], LONG))) == 1


@pytest.mark.parametrize(
    ("took", "fields"),
    [
        (1, {}),
        (50, {"status_message": "[Errno 111] Connection refused"}),
        (50, {"status_message": "Connection reset by peer"}),
        (50, {"attributes": {"http.response.status_code": 502}}),
    ],
    ids=["at once", "refused", "cut off", "answered"],
)
def test_a_call_that_nobody_took_or_that_was_answered_was_not_given_up(took: float, fields: dict[str, object]) -> None:
    called = in_ms(2, 1, 10, 10 + took, "shop/call", status_code=ERROR, **fields)
    assert short_timeouts(subject([in_ms(1, 0, 0, 120, "shop/get"), called], LONG)) == []


def test_a_quick_call_that_says_it_timed_out_was_given_up() -> None:
    called = in_ms(2, 1, 10, 12, "shop/call", status_code=ERROR, status_message="read timed out")
    assert [each.culprit.service for each in short_timeouts(subject([called], LONG))] == ["shop"]


def test_alike_calls_are_one_finding_which_shows_the_longest_first() -> None:
    others = [
        in_ms(4, 1, 110, 115, "shop/call", status_code=ERROR),
        in_ms(5, 4, 111, 300, "stock/find"),
    ]
    (both,) = short_timeouts(subject([*given_up(300), *others], LONG))
    assert told([both]) == [
        (
            "shop",
            0.88,
            "shop gave stock 100 ms for find, in 2 calls, which usually takes 300 ms: its timeout is too short.",
        )
    ]
    assert [each.text for each in both.evidence][:3:2] == ["gave up after 100 ms", "gave up after 5 ms"]
