"""Failures are blamed where they begin."""

from __future__ import annotations

from spanwise_collector.diagnose.counts import Counts, Operation
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.new_errors import new_errors

from tests.collector.diagnose.counted import calls, failed

CALLEES = {Operation("front", "", "call pay"): Operation("pay", "", "charge")}


def blamed(before: list[Row], now: list[Row]) -> list[tuple[str, float]]:
    found = new_errors(Counts(before, pooled=True), Counts(now, pooled=False), CALLEES)
    return [(each.culprit.service, round(each.strength)) for each in found]


def test_an_operation_that_begins_to_fail_is_blamed() -> None:
    assert blamed(calls("pay/charge", 100), calls("pay/charge", 100) + failed("pay/charge", 50)) == [("pay", 3)]


def test_as_many_failures_as_before_are_usual() -> None:
    rows = calls("pay/charge", 100) + failed("pay/charge", 10)
    assert blamed(rows, rows) == []


def test_a_failed_call_that_reached_nobody_is_put_down_to_whoever_was_called() -> None:
    now = calls("front/call pay", 100) + failed("front/call pay", 50, alone=50)
    assert blamed(calls("front/call pay", 100), now) == [("pay", 3)]


def test_a_failure_or_two_more_in_a_hundred_may_be_chance() -> None:
    before = calls("pay/charge", 100) + failed("pay/charge", 2)
    assert blamed(before, calls("pay/charge", 100) + failed("pay/charge", 4)) == []
