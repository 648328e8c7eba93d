"""Services and instances that write no log records any more, where there are no spans."""

from __future__ import annotations

from collections.abc import Mapping

from spanwise_collector.diagnose.silent_logs import silent_logs

from tests.collector.diagnose.said import logged


def silent(before: Mapping[str, int], now: Mapping[str, int]) -> list[tuple[str, str, float]]:
    found = silent_logs(logged(before), logged(now))
    return [(each.culprit.service, each.culprit.instance, round(each.strength, 1)) for each in found]


USUAL = {"edge: got <*>": 200, "shop@shop-1: sold <*>": 60, "shop@shop-2: sold <*>": 60, "mail: sent <*>": 40}


def test_a_service_that_writes_nothing_while_others_do_is_silent() -> None:
    assert silent(USUAL, {**USUAL, "mail: sent <*>": 0}) == [("mail", "", 2.8)]


def test_an_instance_that_leaves_its_siblings_alone_is_silent() -> None:
    now = {"edge: got <*>": 200, "shop@shop-1: sold <*>": 120, "mail: sent <*>": 40}
    assert silent(USUAL, now) == [("shop", "shop-2", 8.0)]


def test_a_replaced_instance_less_traffic_and_rare_writers_are_no_finding() -> None:
    replaced = {"edge: got <*>": 200, "shop@shop-1: sold <*>": 60, "shop@shop-3: sold <*>": 60, "mail: sent <*>": 40}
    assert silent(USUAL, replaced) == []
    assert silent(USUAL, {key: n // 4 for key, n in USUAL.items()}) == []
    assert silent({**USUAL, "mail: sent <*>": 19}, {**USUAL, "mail: sent <*>": 0}) == []
    assert silent(USUAL, {}) == []
