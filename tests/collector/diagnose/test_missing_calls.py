"""Calls that no longer arrive, by the place that they are made from."""

from __future__ import annotations

from spanwise_collector.diagnose.claims import claim
from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.missing_calls import missing_calls
from spanwise_collector.diagnose.verdict import judge

from tests.collector.diagnose.counted import calls, edge, sites

# One client that gives all of its calls one name: first of stock, then of mail; elsewhere of cart.
USUAL = [
    *sites("shop/GET", "pay", 100, reached="stock/find"),
    *sites("shop/GET (call 2)", "pay", 100, reached="mail/send"),
    *sites("shop/GET", "list", 900, reached="cart/get"),
]


def blamed(now: list[Row], before: list[Row] = USUAL) -> list[tuple[str, str, float]]:
    found = missing_calls(Counts(before, pooled=True), Counts(now, pooled=False))
    return sorted((each.culprit.service, each.rule, round(each.strength, 1)) for each in found)


def test_calls_that_arrive_as_ever_blame_nobody() -> None:
    assert blamed(USUAL) == []


def test_who_does_not_answer_is_blamed_and_not_who_is_no_longer_called_after_it() -> None:
    now = [*sites("shop/GET", "pay", 100, 100), *sites("shop/GET", "list", 900, reached="cart/get")]
    assert blamed(now) == [("stock", "missing", 6.8)]


def test_a_rare_call_counts_as_much_as_a_frequent_one() -> None:
    now = [
        *sites("shop/GET", "pay", 100, reached="stock/find"),
        *sites("shop/GET (call 2)", "pay", 100, 50, reached="mail/send"),
        *sites("shop/GET", "list", 900, reached="cart/get"),
    ]
    assert blamed(now) == [("mail", "missing", 3.0)]


def test_of_several_that_one_place_calls_the_one_that_lost_most_is_blamed() -> None:
    before = [*sites("shop/GET", "pay", 60, reached="stock/find"), *sites("shop/GET", "pay", 40, reached="mail/send")]
    now = [*sites("shop/GET", "pay", 60, reached="stock/find"), *sites("shop/GET", "pay", 40, 40)]
    assert blamed(now, before) == [("mail", "missing", 2.3)]


def test_calls_that_never_reached_a_span_and_places_that_are_new_say_nothing() -> None:
    database = sites("shop/SELECT", "pay", 100, 100)
    assert blamed([*database, *sites("shop/GET", "new", 100, 100)], [*USUAL, *database]) == []


def test_a_few_calls_more_that_reach_nobody_may_be_chance() -> None:
    assert blamed(sites("shop/GET", "pay", 100, 2, reached="stock/find")) == []


def test_the_claim_names_the_place() -> None:
    found = missing_calls(Counts(USUAL, pooled=True), Counts(sites("shop/GET", "pay", 100, 90), pooled=False))
    assert [claim(each) for each in found] == [
        "GET below pay of shop reaches no span of stock in 90%, usually 0% (100 calls; 100 in the baseline)."
    ]


def test_who_waits_for_another_in_vain_is_not_blamed_for_the_queue_before_itself() -> None:
    waits = [1, 2, 1, 1.5, 2] * 20
    before = [*USUAL, *calls("edge/page", 100), *edge("edge/call shop", "shop/pay", waits, waits)]
    queue = edge("edge/call shop", "shop/pay", [200 * each for each in waits], waits)
    now = [*USUAL, *calls("edge/page", 100), *queue]
    assert [(each.service, each.leading.rule) for each in judge(before, now)] == [("shop", "lag")]
    now = [*sites("shop/GET", "pay", 100, 100), *USUAL[-2:], *calls("edge/page", 100), *queue]
    assert [(each.service, each.leading.rule) for each in judge(before, now)] == [("stock", "missing")]
