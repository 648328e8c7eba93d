"""Spans that are slow for themselves."""

from __future__ import annotations

from spanwise_collector.diagnose.finding import Deviation
from spanwise_collector.diagnose.trace_slow import slow_spans

from tests.collector.diagnose.counted import edge, self_time
from tests.collector.diagnose.subjects import MS, in_ms, subject, told

USUAL = [9, 10, 11, 10] * 10


def test_self_time_far_beyond_its_own_spread_is_told_with_its_share() -> None:
    spans = [in_ms(1, 0, 0, 200, "shop/page"), in_ms(2, 1, 10, 190, "shop/render")]
    found = slow_spans(subject(spans, self_time("shop/render", USUAL) + self_time("shop/page", [20] * 40)))
    assert told(found) == [
        ("shop", 0.85, "render of shop lost 170 ms by itself: 180 ms where 9.98 ms is usual."),
    ]
    assert found[0].deviation == Deviation(180 * MS, found[0].deviation.usual if found[0].deviation else 0, 16.9, 40)


def test_a_noisy_operation_and_a_thin_history_are_not_told() -> None:
    spans = [in_ms(1, 0, 0, 30, "shop/page")]
    assert slow_spans(subject(spans, self_time("shop/page", [1, 40, 5, 100] * 10))) == []
    assert slow_spans(subject(spans, self_time("shop/page", [10] * 29))) == []


def test_what_is_not_on_the_critical_path_or_hardly_matters_is_not_told() -> None:
    history = self_time("shop/log", [0.2] * 40)
    aside = [in_ms(1, 0, 0, 500, "shop/page"), in_ms(2, 1, 0, 90, "shop/log"), in_ms(3, 1, 0, 490, "shop/render")]
    small = [in_ms(1, 0, 0, 500, "shop/page"), in_ms(2, 1, 0, 3, "shop/log")]
    assert slow_spans(subject(aside, history)) == slow_spans(subject(small, history)) == []


def test_time_around_a_call_is_put_down_to_whoever_was_called_with_what_speaks_against_it() -> None:
    history = edge("shop/call cart", "cart/get", [2] * 40, [2] * 40)
    spans = [in_ms(1, 0, 0, 110, "shop/call cart"), in_ms(2, 1, 2, 10, "cart/get")]
    found = slow_spans(subject(spans, history))
    assert told(found) == [("cart", 0.89, "get of cart lost 98 ms after it ended: 100 ms where 2 ms is usual.")]
    assert found[0].against == ("The time lies between shop and cart: it may be either's.",)


def test_many_slow_spans_of_one_operation_are_one_finding() -> None:
    spans = [
        in_ms(1, 0, 0, 400, "shop/page"),
        *(in_ms(n, 1, n * 100 - 190, n * 100 - 100, "db/find") for n in (2, 3, 4)),
    ]
    (found,) = slow_spans(subject(spans, self_time("db/find", USUAL)))
    assert (round(found.share, 2), len(found.evidence)) == (0.6, 3)
