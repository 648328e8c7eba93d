"""Operations that stop early, without a status: whose fault it is."""

from __future__ import annotations

from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.early_ends import early_ends
from spanwise_collector.diagnose.features import Row

from tests.collector.diagnose.counted import calls, edge, ends

N = 100
LINKS = edge("front/call stock", "stock/get", [1] * N, [1] * N) + edge("back/call stock", "stock/get", [1] * N, [1] * N)


def blamed(before: list[Row], now: list[Row]) -> list[tuple[str, str, str, float]]:
    found = early_ends(Counts(before, pooled=True), Counts(now, pooled=False))
    return sorted((each.culprit.service, each.culprit.name, each.rule, round(each.strength)) for each in found)


def test_an_operation_that_returns_without_its_calls_is_blamed() -> None:
    assert blamed(calls("shop/pay", N), calls("shop/pay", N, nothing=60)) == [("shop", "pay", "ended_early", 4)]


def test_as_many_empty_calls_as_before_are_usual() -> None:
    assert blamed(calls("shop/pay", N, nothing=20), calls("shop/pay", N, nothing=22)) == []


def test_an_operation_that_stops_after_work_of_its_own_is_blamed_and_not_those_above_it() -> None:
    before = ends("shop/pay", "shop/charge", N, 0) + ends("shop/order", "shop/pay", N, 0)
    now = ends("shop/pay", "shop/charge", N, 90) + ends("shop/order", "shop/pay", N, 80)
    assert blamed(before, now) == [("shop", "pay", "ended_early", 6)]


def test_several_callers_that_stop_after_the_same_service_point_at_it() -> None:
    before = LINKS + ends("front/page", "front/call stock", N, 0) + ends("back/order", "back/call stock", N, 0)
    now = LINKS + ends("front/page", "front/call stock", N, 90) + ends("back/order", "back/call stock", N, 90)
    assert blamed(before, now) == [("stock", "get", "ended_after", 6)]


def test_one_caller_of_two_that_stops_points_at_the_caller_first() -> None:
    before = LINKS + ends("front/page", "front/call stock", N, 0) + ends("back/order", "back/call stock", N, 0)
    now = LINKS + ends("front/page", "front/call stock", N, 90) + ends("back/order", "back/call stock", N, 0)
    assert blamed(before, now) == [("front", "page", "ended_early", 3), ("stock", "get", "ended_after", 1)]


def test_a_caller_that_stops_after_a_service_which_itself_stops_only_passes_it_on() -> None:
    before = LINKS + ends("front/page", "front/call stock", N, 0) + calls("stock/get", N)
    now = LINKS + ends("front/page", "front/call stock", N, 90) + calls("stock/get", N, nothing=95)
    assert blamed(before, now) == [("stock", "get", "ended_early", 6)]


def test_a_call_that_reaches_nobody_is_put_down_to_whoever_was_called() -> None:
    before = LINKS + calls("front/call stock", N)
    assert blamed(before, LINKS + calls("front/call stock", N, nothing=90)) == [("stock", "get", "missing", 6)]


def test_another_path_than_usual_is_no_early_end() -> None:
    before = ends("shop/pay", "shop/by card", 80, 80) + ends("shop/pay", "shop/by invoice", 20, 20)
    assert blamed(before, ends("shop/pay", "shop/by invoice", N, N)) == []


def test_a_stop_after_work_that_only_wraps_a_call_to_nobody_is_put_down_to_whoever_was_called() -> None:
    wrapped = ends("front/order", "front/get stock", N, 0) + ends("front/get stock", "front/call stock", N, N)
    stops = ends("front/order", "front/get stock", N, 80) + ends("front/get stock", "front/call stock", N, N)
    now = LINKS + stops + calls("front/call stock", N, nothing=90)
    assert blamed(LINKS + wrapped + calls("front/call stock", N), now) == [("stock", "get", "missing", 6)]


def test_of_two_that_are_reached_no_more_the_one_that_others_miss_as_well_kept_the_other_from_being_called() -> None:
    before = [
        *edge("order/POST", "stock/reserve", [1] * N, [1] * N), *edge("order/POST", "till/charge", [1] * N, [1] * N),
        *edge("items/GET", "stock/get", [1] * N, [1] * N), *calls("order/POST", 2 * N), *calls("items/GET", N),
    ]  # fmt: skip
    now = [*calls("order/POST", 80, nothing=80), *calls("items/GET", N, nothing=N)]
    assert {service for service, *_ in blamed(before, now)} == {"stock"}
    alone = [*calls("order/POST", 80, nothing=80), *edge("items/GET", "stock/get", [1] * N, [1] * N)]
    assert {service for service, *_ in blamed(before, [*alone, *calls("items/GET", N)])} == {"till"}
