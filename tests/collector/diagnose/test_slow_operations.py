"""An operation is slow against its own spread, not against others."""

from __future__ import annotations

from spanwise_collector.diagnose.counts import Counts, Operation
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.slow_operations import slow_operations

from tests.collector.diagnose.counted import self_time

STEADY = [10, 11, 9, 10, 10, 11, 9, 10] * 5
NOISY = [1, 100, 3, 40, 10, 2, 80, 5] * 5


def blamed(before: list[Row], now: list[Row]) -> dict[Operation, float]:
    found = slow_operations(Counts(before, pooled=True), Counts(now, pooled=False))
    return {each.culprit: round(each.strength, 1) for each in found}


def test_a_steady_operation_that_takes_twice_as_long_is_blamed() -> None:
    before, now = self_time("shop/pay", STEADY), self_time("shop/pay", [2 * each for each in STEADY])
    assert blamed(before, now) == {Operation("shop", "shop-1", "pay"): 3.4}


def test_a_noisy_operation_that_takes_a_half_longer_is_not() -> None:
    assert blamed(self_time("shop/pay", NOISY), self_time("shop/pay", [1.5 * each for each in NOISY])) == {}


def test_a_tenth_more_is_not_news_however_steady_it_was() -> None:
    before, now = self_time("shop/pay", [10] * 1000), self_time("shop/pay", [11] * 1000)
    assert all(strength < 1 for strength in blamed(before, now).values())


def test_microseconds_more_are_noise_of_the_clock() -> None:
    before, now = self_time("shop/pay", [0.001] * 40), self_time("shop/pay", [0.005] * 40)
    assert all(strength < 0.5 for strength in blamed(before, now).values())


def test_faster_is_no_fault() -> None:
    assert blamed(self_time("shop/pay", STEADY), self_time("shop/pay", [1] * 40)) == {}


def test_what_the_baseline_does_not_have_or_hardly_has_is_not_judged() -> None:
    assert blamed(self_time("shop/pay", [10]), self_time("shop/pay", [90] * 40)) == {}
    assert blamed([], self_time("shop/pay", [90] * 40)) == {}
    assert blamed(self_time("shop/pay", STEADY), self_time("shop/pay", [90] * 2)) == {}


def test_only_the_instance_that_is_slow_is_blamed() -> None:
    before = self_time("shop@a/pay", STEADY) + self_time("shop@b/pay", STEADY)
    now = self_time("shop@a/pay", STEADY) + self_time("shop@b/pay", [9 * each for each in STEADY])
    assert list(blamed(before, now)) == [Operation("shop", "b", "pay")]
