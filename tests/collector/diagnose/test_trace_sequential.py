"""Calls in sequence that might be made at once."""

from __future__ import annotations

from spanwise_collector.diagnose.trace_sequential import sequential_calls

from tests.collector.diagnose.subjects import in_ms, subject, told

PAGE = in_ms(1, 0, 0, 100, "shop/page")


def test_three_different_calls_without_a_pause_are_told() -> None:
    spans = [PAGE, in_ms(2, 1, 0, 30, "ads/get"), in_ms(3, 1, 31, 60, "cart/list"), in_ms(4, 1, 61, 91, "mail/read")]
    assert told(sequential_calls(subject(spans))) == [
        ("shop", 0.59, "page of shop makes 3 calls one after the other; at once they could save up to 59 ms."),
    ]


def test_calls_at_once_with_pauses_or_alike_are_not_told() -> None:
    at_once = [in_ms(2, 1, 0, 30, "a/x"), in_ms(3, 1, 1, 60, "b/y"), in_ms(4, 1, 2, 91, "c/z")]
    pauses = [in_ms(2, 1, 0, 20, "a/x"), in_ms(3, 1, 40, 60, "b/y"), in_ms(4, 1, 75, 91, "c/z")]
    alike = [in_ms(2, 1, 0, 30, "a/x"), in_ms(3, 1, 31, 60, "a/x"), in_ms(4, 1, 61, 91, "a/x")]
    assert [sequential_calls(subject([PAGE, *each])) for each in (at_once, pauses, alike)] == [[], [], []]
