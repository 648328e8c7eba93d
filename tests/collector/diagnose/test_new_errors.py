"""Failures are blamed where they begin."""

from __future__ import annotations

from spanwise_collector.diagnose.claims import claim
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


def test_an_operation_that_is_new_is_held_against_all_of_its_service() -> None:
    rows = calls("pay/charge", 100) + failed("pay/charge", 2)
    assert blamed(rows, calls("pay/refund", 20) + failed("pay/refund", 16)) == [("pay", 4)]
    often = calls("pay/charge", 100) + failed("pay/charge", 60)
    assert blamed(often, calls("pay/refund", 20) + failed("pay/refund", 16)) == []


def test_an_operation_of_a_new_service_is_held_against_all_there_is() -> None:
    rows = calls("shop/get", 100) + failed("shop/get", 2)
    assert blamed(rows, calls("mail/send", 20) + failed("mail/send", 16)) == [("mail", 4)]
    assert blamed([], calls("mail/send", 20) + failed("mail/send", 16)) == []


def test_a_rare_operation_that_is_new_and_fails_a_few_times_is_no_news() -> None:
    assert blamed(calls("pay/charge", 100), calls("pay/report", 3) + failed("pay/report", 2)) == []


def test_the_claim_of_a_new_operation_has_no_figure_of_the_baseline() -> None:
    now = calls("pay/refund", 20) + failed("pay/refund", 16)
    (blame,) = new_errors(Counts(calls("pay/charge", 100), pooled=True), Counts(now, pooled=False), CALLEES)
    assert claim(blame) == "refund of pay fails, and nothing below it, in 80% (20 calls; none in the baseline)."
