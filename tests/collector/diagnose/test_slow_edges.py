"""Lag and tail on edges are put down to the end that all deviating edges share."""

from __future__ import annotations

from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.slow_edges import slow_edges

from tests.collector.diagnose.counted import edge

USUAL = [2, 3, 2, 2.5, 3] * 6
SLOW = [100 * each for each in USUAL]


def network(slow: set[tuple[str, str]], side: str = "tail") -> list[Row]:
    """`front` and `back` call `cart` and `mail`, `front` calls `ads` too; slow are the edges named."""
    rows = []
    for caller, callee in (("front", "cart"), ("front", "mail"), ("front", "ads"), ("back", "cart"), ("back", "mail")):
        times = SLOW if (caller, callee) in slow else USUAL
        lags, tails = (times, USUAL) if side == "lag" else (USUAL, times)
        rows += edge(f"{caller}/call {callee}", f"{callee}/serve", lags, tails)
    return rows


def blamed(slow: set[tuple[str, str]], side: str = "tail") -> list[tuple[str, str, str, float]]:
    found = slow_edges(Counts(network(set()), pooled=True), Counts(network(slow, side), pooled=False))
    return sorted((each.culprit.service, each.rule, each.kind, round(each.strength, 1)) for each in found)


def test_nothing_is_blamed_when_nothing_changed() -> None:
    assert blamed(set()) == []


def test_every_edge_into_a_service_points_at_it() -> None:
    assert blamed({("front", "cart"), ("back", "cart")}) == [("cart", "tail", "slow", 8.0)]


def test_lag_points_at_the_service_too() -> None:
    assert blamed({("front", "cart"), ("back", "cart")}, "lag") == [("cart", "lag", "slow", 8.0)]


def test_every_edge_out_of_a_service_points_at_the_caller_and_leaves_nothing_for_the_callees() -> None:
    assert blamed({("front", "cart"), ("front", "mail"), ("front", "ads")}) == [("front", "outgoing", "slow", 8.0)]


def test_one_edge_of_several_blames_the_callee_by_the_share_of_callers_that_see_it() -> None:
    assert blamed({("front", "cart")}) == [("cart", "tail", "slow", 4.0)]


def test_a_service_with_one_caller_is_blamed_where_the_caller_is_well_elsewhere() -> None:
    assert blamed({("front", "ads")}) == [("ads", "tail", "slow", 8.0)]


def test_a_service_whose_caller_loses_as_much_time_towards_its_own_callers_is_only_behind_it() -> None:
    usual, slow = [1, 2, 1, 1.5, 2] * 20, [101, 102, 101, 101.5, 102] * 20

    def path(before_cart: list[float], before_store: list[float]) -> list[Row]:
        return [
            *edge("front/call cart", "cart/serve", before_cart, before_cart),
            *edge("cart/call store", "store/get", before_store, before_store),
        ]

    def blamed_for(now: list[Row]) -> list[str]:
        found = slow_edges(Counts(path(usual, usual), pooled=True), Counts(now, pooled=False))
        return sorted({each.culprit.service for each in found})

    assert blamed_for(path(slow, slow)) == ["cart"]
    assert blamed_for(path(usual, slow)) == ["store"]
    # A queue that is much shorter is another delay.
    assert blamed_for(path([each / 10 for each in slow], slow)) == ["cart", "store"]


def test_of_two_that_call_each_other_neither_takes_the_blame_off_the_other() -> None:
    usual, slow = [1, 2, 1, 1.5, 2] * 20, [101, 102, 101, 101.5, 102] * 20

    def both(times: list[float]) -> list[Row]:
        return edge("a/call b", "b/serve", times, times) + edge("b/call a", "a/serve", times, times)

    found = slow_edges(Counts(both(usual), pooled=True), Counts(both(slow), pooled=False))
    assert sorted({each.culprit.service for each in found}) == ["a", "b"]
