"""Paths that normal traces take and a trace did not."""

from __future__ import annotations

from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.trace_early_end import early_ends_of_trace

from tests.collector.diagnose.counted import calls, ends
from tests.collector.diagnose.subjects import in_ms, subject, told

N = 100


def found(*spans: tuple[int, str], history: list[Row]) -> list[tuple[str, float, str]]:
    made = [in_ms(n, parent, n, 100 - n, operation) for n, (parent, operation) in enumerate(spans, 1)]
    return told(early_ends_of_trace(subject(made, history)))


def test_an_operation_that_called_nothing_where_it_always_does_is_told() -> None:
    assert found((0, "shop/page"), history=calls("shop/page", N)) == [
        ("shop", 0.0, "page of shop ended without calling anything, which 0.0% of its calls do.")
    ]


def test_only_the_deepest_that_stopped_is_told() -> None:
    history = ends("shop/order", "shop/pay", N, 0) + ends("shop/pay", "shop/charge", N, 1)
    spans = ((0, "shop/order"), (1, "shop/pay"), (2, "shop/charge"))
    assert found(*spans, history=history) == [
        ("shop", 0.0, "pay of shop ended after charge, which 1.0% of its calls do.")
    ]


def test_what_happens_now_and_then_and_what_is_hardly_known_is_not_told() -> None:
    assert found((0, "shop/page"), history=calls("shop/page", N, nothing=5)) == []
    assert found((0, "shop/page"), history=calls("shop/page", 29)) == []


def test_alike_operations_are_one_finding() -> None:
    spans = ((0, "web/get"), (1, "shop/page"), (1, "shop/page"))
    assert found(*spans, history=calls("shop/page", N)) == [
        ("shop", 0.0, "page of shop ended 2 times without calling anything, which 0.0% of its calls do.")
    ]
