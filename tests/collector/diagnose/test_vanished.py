"""A called service that shows no spans any more, where only servers have spans."""

from __future__ import annotations

from spanwise_collector.diagnose.claims import claim
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.verdict import judge

from tests.collector.diagnose.counted import calls, ends, failed, self_time

USUAL = [2, 3, 2, 2.5, 3] * 20
BEFORE = [
    *calls("shop/get", 100), *self_time("shop/get", USUAL), *ends("shop/get", "stock/find", 100, 100),
    *calls("stock/find", 100, 100), *self_time("stock/find", USUAL),
]  # fmt: skip


def named(now: list[Row]) -> list[tuple[str, str]]:
    return [(each.service, each.leading.rule) for each in judge(BEFORE, now)]


def test_a_caller_that_fails_because_nobody_answers_is_not_to_blame() -> None:
    now = [*calls("shop/get", 100, 100), *self_time("shop/get", [1000] * 100), *failed("shop/get", 100, 100)]
    assert named(now) == [("stock", "vanished")]
    assert claim(judge(BEFORE, now)[0].leading) == (
        "stock is called by get of shop and shows no spans any more (100 calls; 100 in the baseline)."
    )


def test_a_caller_that_no_longer_calls_and_neither_fails_nor_waits_answers_itself() -> None:
    assert named([*calls("shop/get", 100, 100), *self_time("shop/get", [1] * 100)]) == [("shop", "ended_early")]


def test_a_callee_that_still_answers_others_has_not_vanished() -> None:
    now = [*calls("shop/get", 100, 100), *failed("shop/get", 100, 100), *calls("stock/find", 100, 100)]
    assert named([*now, *self_time("stock/find", USUAL)])[0] == ("shop", "ended_early")


def test_of_two_that_vanished_from_one_caller_the_one_that_others_miss_too_is_named() -> None:
    before = [
        *calls("shop/get", 100), *self_time("shop/get", USUAL), *ends("shop/get", "stock/find", 100, 0),
        *ends("shop/get", "till/pay", 100, 100), *calls("stock/find", 200, 200), *calls("till/pay", 100, 100),
        *calls("list/all", 100), *self_time("list/all", USUAL), *ends("list/all", "stock/find", 100, 100),
    ]  # fmt: skip
    now = [
        row
        for operation in ("shop/get", "list/all")
        for row in (*calls(operation, 100, 100), *self_time(operation, [1000] * 100), *failed(operation, 100, 100))
    ]
    assert [each.service for each in judge(before, now)] == ["stock"]
