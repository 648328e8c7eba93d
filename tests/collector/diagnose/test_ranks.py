"""The ranking of services and of operations, from the blames of instances."""

from __future__ import annotations

import random

from spanwise_collector.diagnose.ranks import by_operation, by_service
from spanwise_collector.diagnose.verdict import judge

from tests.collector.diagnose.counted import calls, failed, self_time

USUAL = [2, 3, 2, 2.5, 3] * 6
SLOW = [10 * each for each in USUAL]
NAMES = ("shop@shop-1/pay", "shop@shop-2/pay", "shop@shop-1/list", "cart@cart-1/get")
BEFORE = [row for name in NAMES for row in (*self_time(name, USUAL), *calls(name, 30))]
NOW = [
    *self_time(NAMES[0], SLOW),
    *self_time(NAMES[1], SLOW),
    *self_time(NAMES[2], [1.5 * each for each in USUAL]),
    *self_time(NAMES[3], SLOW),
    *failed(NAMES[3], 20),
    *(row for name in NAMES for row in calls(name, 30)),
]


def test_a_service_has_what_its_instances_are_blamed_for_and_no_more_for_being_many() -> None:
    culprits = judge(BEFORE, NOW)
    ranked = by_service(culprits)
    assert [(each.service, each.instance) for each in ranked] == [("cart", ""), ("shop", "")]
    best = max(each.score for each in culprits if each.service == "shop")
    assert ranked[1].score == best


def test_operations_are_told_apart_where_instances_are_not() -> None:
    ranked = by_operation(judge(BEFORE, NOW))
    assert [(each.service, each.instance, each.leading.culprit.name) for each in ranked] == [
        ("cart", "cart-1", "get"),
        ("shop", "shop-1", "pay"),
        ("shop", "shop-2", "pay"),
        ("shop", "shop-1", "list"),
    ]
    assert {blame.culprit.name for blame in ranked[1].blames} == {"pay"}
    assert ranked[2].score > ranked[3].score > 0


def test_the_rankings_do_not_depend_on_the_order_of_rows() -> None:
    for seed in range(20):
        chance = random.Random(seed)
        mixed = judge(chance.sample(BEFORE, len(BEFORE)), chance.sample(NOW, len(NOW)))
        assert by_operation(mixed) == by_operation(judge(BEFORE, NOW))
        assert by_service(mixed) == by_service(judge(BEFORE, NOW))


def test_nobody_is_ranked_where_nothing_is_unusual() -> None:
    assert by_service(judge(BEFORE, BEFORE)) == by_operation(judge(BEFORE, BEFORE)) == []
