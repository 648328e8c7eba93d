"""An instance that no longer sends."""

from __future__ import annotations

from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.silent_instances import silent_instances

from tests.collector.diagnose.counted import calls, row


def silent(before: list[Row], now: list[Row]) -> list[str]:
    return [each.culprit.instance for each in silent_instances(before, now)]


def test_an_instance_that_stops_while_its_sibling_goes_on_is_blamed() -> None:
    assert silent(calls("shop@a/pay", 50) + calls("shop@b/pay", 50), calls("shop@a/pay", 90)) == ["b"]


def test_an_instance_that_was_replaced_is_not() -> None:
    before = calls("shop@a/pay", 50) + calls("shop@b/pay", 50)
    assert silent(before, calls("shop@a/pay", 50) + calls("shop@c/pay", 50)) == []


def test_a_service_that_nobody_calls_any_more_is_not() -> None:
    assert silent(calls("shop@a/pay", 50) + calls("shop@b/pay", 50), []) == []


def test_an_instance_that_hardly_sent_is_not() -> None:
    assert silent(calls("shop@a/pay", 50) + calls("shop@b/pay", 5), calls("shop@a/pay", 50)) == []


def test_an_instance_that_stops_within_the_window_is_blamed() -> None:
    before = calls("shop@a/pay", 50) + calls("shop@b/pay", 50)
    first = [row("end", f"shop@{instance}/pay", bucket=at, n=5) for at in range(6) for instance in "ab"]
    rest = [row("end", "shop@a/pay", bucket=at, n=10) for at in range(6, 12)]
    assert silent(before, first + rest) == ["b"]


def test_an_instance_that_is_idle_at_the_end_by_chance_or_is_replaced_is_not() -> None:
    before = calls("shop@a/pay", 50) + calls("shop@b/pay", 50)
    first = [row("end", f"shop@{instance}/pay", bucket=at, n=5) for at in range(6) for instance in "ab"]
    assert silent(before, [*first, row("end", "shop@a/pay", bucket=11, n=20)]) == []
    rest = [row("end", "shop@c/pay", bucket=at, n=10) for at in range(6, 12)]
    assert silent(before, first + rest) == []
