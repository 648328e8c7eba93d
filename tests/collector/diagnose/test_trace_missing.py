"""Calls whose other side is missing."""

from __future__ import annotations

from typing import Any

import pytest
from spanwise_collector.diagnose.trace_missing import missing_servers
from spanwise_collector.model.span import ERROR, Event

from tests.collector.diagnose.counted import calls, edge
from tests.collector.diagnose.subjects import in_ms, subject, told

HISTORY = edge("shop/call pay", "pay/charge", [1] * 40, [1] * 40)


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        (1, ERROR, "the caller failed within 1 ms, as when a connection is refused"),
        (900, ERROR, "the caller failed after 900 ms, as when nobody answers in time"),
        (9, 0, "the call went well, so its span was not recorded, not sampled or has not arrived"),
    ],
)
def test_what_the_caller_saw_tells_why(end: int, status: int, reason: str) -> None:
    spans = [in_ms(1, 0, 0, end, "shop/call pay", status_code=status)]
    assert told(missing_servers(subject(spans, HISTORY))) == [
        ("pay", 1.0, f"pay has no span for call pay of shop: {reason}.")
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status_message": "[Errno 111] Connection refused"}, "the caller could not connect within 900 ms"),
        ({"attributes": {"error.type": "httpx.ReadTimeout"}}, "the caller timed out after 900 ms"),
        ({"status_message": "The read operation timed out"}, "the caller timed out after 900 ms"),
        (
            {"events": (Event(5, "exception", {"exception.type": "RemoteDisconnected"}),)},
            "the connection was cut off after 900 ms, as when it dies over the request",
        ),
        (
            {"attributes": {"http.response.status_code": 503}, "status_message": "timed out"},
            "it was answered with 503, by something before it or by a process that records no spans",
        ),
        ({"status_message": "Insufficient funds"}, "the caller failed after 900 ms, as when nobody answers in time"),
    ],
    ids=["refused", "timed out", "timed out in words", "cut off", "answered", "says nothing of it"],
)
def test_what_the_caller_says_of_its_failure_counts_more_than_how_long_it_took(fields: Any, reason: str) -> None:
    spans = [in_ms(1, 0, 0, 900, "shop/call pay", status_code=ERROR, **fields)]
    ((_, _, claim),) = told(missing_servers(subject(spans, HISTORY)))
    assert claim == f"pay has no span for call pay of shop: {reason}."


def test_a_call_that_arrived_or_never_shows_its_other_side_is_not_told() -> None:
    arrived = [in_ms(1, 0, 0, 9, "shop/call pay"), in_ms(2, 1, 1, 8, "pay/charge")]
    assert missing_servers(subject(arrived, HISTORY)) == []
    assert missing_servers(subject([in_ms(1, 0, 0, 9, "shop/call bank")], HISTORY)) == []


def test_alike_calls_that_saw_the_same_are_one_finding() -> None:
    spans = [
        in_ms(1, 0, 0, 4000, "shop/get"),
        in_ms(2, 1, 0, 900, "shop/call pay", status_code=ERROR, status_message="timed out"),
        in_ms(3, 1, 900, 2000, "shop/call pay", status_code=ERROR, status_message="timed out"),
        in_ms(4, 1, 2000, 2001, "shop/call pay", status_code=ERROR, status_message="refused {}"),
        in_ms(5, 1, 2001, 2002, "shop/call pay", status_code=ERROR, attributes={"http.status_code": "{0}"}),
    ]
    found = missing_servers(subject(spans, HISTORY))
    assert told(found) == [
        ("pay", 0.5, "pay has no span for 2 calls of call pay of shop: the caller timed out after up to 1.1 s."),
        ("pay", 0.0, "pay has no span for call pay of shop: the caller could not connect within 1 ms."),
        (
            "pay",
            0.0,
            "pay has no span for call pay of shop: it was answered with {0}, by something before it or by a process"
            " that records no spans.",
        ),
    ]
    assert [each.span_id[-1] for each in found[0].evidence] == ["3", "2"], "the one that cost most comes first"


def test_what_normal_traces_miss_as_often_is_usual() -> None:
    spans = [in_ms(1, 0, 0, 9, "shop/call pay"), in_ms(2, 1, 1, 8, "pay/charge"), in_ms(3, 2, 2, 7, "shop/call pay")]
    (never,) = missing_servers(subject(spans, [*HISTORY, *calls("shop/call pay", 40)]))
    (half,) = missing_servers(subject(spans, [*HISTORY, *calls("shop/call pay", 40, nothing=20)]))
    assert (never.usual, half.usual) == (False, True)
    lost = [in_ms(1, 0, 0, 9, "shop/call pay", status_code=ERROR)]
    (failed,) = missing_servers(subject(lost, [*HISTORY, *calls("shop/call pay", 40, nothing=20)]))
    assert not failed.usual


def test_little_history_tells_of_calls_that_failed_alone() -> None:
    little = edge("shop/call pay", "pay/charge", [1] * 29, [1] * 29)
    well, failed = (in_ms(1, 0, 0, 9, "shop/call pay", status_code=status) for status in (0, ERROR))
    assert missing_servers(subject([well], little)) == []
    assert len(missing_servers(subject([failed], little))) == 1
