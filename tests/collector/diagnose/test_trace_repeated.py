"""Calls that repeat: N+1, identical ones, retries."""

from __future__ import annotations

from spanwise_collector.diagnose.trace_repeated import repeated_calls, retries
from spanwise_collector.model.span import ERROR

from tests.collector.diagnose.counted import ends
from tests.collector.diagnose.subjects import in_ms, subject, told

PAGE = in_ms(1, 0, 0, 100, "shop/page")


def test_five_calls_one_after_the_other_are_told() -> None:
    calls = [in_ms(n, 1, n * 10, n * 10 + 9, "db/find", attributes={"id": n}) for n in range(2, 7)]
    assert told(repeated_calls(subject([PAGE, *calls]))) == [
        ("shop", 0.45, "page of shop makes one call after the other: find 5 times, 45 ms together."),
    ]


def test_equal_attributes_make_them_identical() -> None:
    calls = [in_ms(n, 1, n * 10, n * 10 + 9, "db/find", attributes={"q": "x"}) for n in range(2, 7)]
    (found,) = repeated_calls(subject([PAGE, *calls]))
    assert found.claim == "page of shop makes the same call, with equal attributes, find 5 times, 45 ms together."


def test_four_calls_or_calls_at_once_or_calls_that_cost_nothing_are_not_told() -> None:
    four = [in_ms(n, 1, n * 10, n * 10 + 9, "db/find") for n in range(2, 6)]
    at_once = [in_ms(n, 1, 10, 60, "db/find") for n in range(2, 12)]
    cheap = [in_ms(n, 1, n, n + 0.1, "db/find") for n in range(2, 12)]
    assert [repeated_calls(subject([PAGE, *each])) for each in (four, at_once, cheap)] == [[], [], []]


def test_a_call_made_again_after_it_failed_is_a_retry_of_whoever_was_called() -> None:
    spans = [
        PAGE,
        in_ms(2, 1, 10, 40, "shop/call pay", status_code=ERROR),
        in_ms(3, 2, 11, 39, "pay/charge", status_code=ERROR),
        in_ms(4, 1, 45, 55, "shop/call pay"),
    ]
    assert told(retries(subject(spans))) == [
        (
            "pay",
            0.3,
            "shop tried call pay 2 times; it went well in the end."
            " The tries before the last took 30 ms of the request.",
        )
    ]


def test_calls_that_went_well_are_no_retries() -> None:
    assert retries(subject([PAGE, in_ms(2, 1, 10, 40, "pay/charge"), in_ms(3, 1, 45, 55, "pay/charge")])) == []


def test_what_normal_traces_do_as_often_is_marked_as_usual() -> None:
    calls = [in_ms(n, 1, n * 10, n * 10 + 9, "db/find") for n in range(2, 7)]
    known = [ends("shop/page", "db/find", 40, 0, times=times) for times in (5, 1)]
    assert [each.usual for rows in known for each in repeated_calls(subject([PAGE, *calls], rows))] == [True, False]


def test_a_call_that_fails_after_others_went_well_or_calls_that_fail_at_once_are_no_retries() -> None:
    last = [in_ms(2, 1, 10, 40, "pay/charge"), in_ms(3, 1, 45, 55, "pay/charge", status_code=ERROR)]
    at_once = [in_ms(n, 1, 10, 40, "pay/charge", status_code=ERROR) for n in (2, 3)]
    assert [retries(subject([PAGE, *each])) for each in (last, at_once)] == [[], []]
