"""The ranking of culprits, their claims, since when, and what shows it."""

from __future__ import annotations

import random

from spanwise_collector.diagnose.claims import claim, duration
from spanwise_collector.diagnose.onset import Shown, evidence, onset
from spanwise_collector.diagnose.thresholds import DEFAULTS
from spanwise_collector.diagnose.verdict import judge

from tests.collector.diagnose.counted import calls, edge, ends, failed, self_time

USUAL = [2, 3, 2, 2.5, 3] * 6
BEFORE = self_time("shop/pay", USUAL) + self_time("cart/get", USUAL) + calls("shop/pay", 30) + calls("cart/get", 30)


def test_nothing_is_blamed_when_nothing_changed() -> None:
    assert judge(BEFORE, BEFORE) == []


def test_a_service_that_died_is_named_with_the_instance_that_it_had() -> None:
    before = BEFORE + edge("shop/call", "cart/get", [2] * 30, [2] * 30) + calls("shop/call", 30)
    (culprit,) = judge(before, calls("shop/call", 30, nothing=30))
    assert (culprit.service, culprit.instance, culprit.leading.kind) == ("cart", "cart-1", "silent")


def test_deviations_of_different_rules_add_up() -> None:
    slow = [10 * each for each in USUAL]
    now = self_time("shop/pay", slow) + self_time("cart/get", slow) + calls("shop/pay", 30) + calls("cart/get", 30, 25)
    ranked = judge(BEFORE, now)
    assert [(each.service, each.instance) for each in ranked] == [("cart", "cart-1"), ("shop", "shop-1")]
    assert ranked[0].score > ranked[1].score > DEFAULTS.notable_score


def test_the_verdict_does_not_depend_on_the_order_of_rows() -> None:
    now = self_time("shop/pay", [9.0] * 30) + self_time("cart/get", [9.0] * 30) + failed("cart/get", 9)
    mixed = random.Random(1).sample(now, len(now))
    assert judge(BEFORE, mixed) == judge(BEFORE[::-1], now)


def test_a_deviation_begins_in_the_slice_where_half_of_it_is_seen() -> None:
    now = [
        *self_time("shop/pay", [2.5] * 9, bucket=0, trace_id="a"),
        *self_time("shop/pay", [80] * 9, bucket=6, trace_id="b"),
        *self_time("shop/pay", [90] * 9, bucket=7, trace_id="c"),
    ]
    blame = judge(BEFORE, now)[0].leading
    assert onset(now, blame, 1_000, 13_000) == 7_000
    assert [each.trace_id for each in evidence(now, blame)] == ["c", "b", "a"]
    assert evidence(now, blame)[0] == Shown("c", "2", "shop", "shop-1", "pay")


def test_claims_say_what_was_measured_and_what_is_usual() -> None:
    before = BEFORE + edge("shop/call", "cart/get", [2] * 30, [2] * 30)
    now = [
        *self_time("shop/pay", [50] * 30),
        *calls("shop/pay", 30),
        *calls("cart/get", 30, 24),
        *edge("shop/call", "cart/get", [40] * 30, [2] * 30),
    ]
    assert sorted(claim(blame) for each in judge(before, now) for blame in each.blames) == [
        "cart begins get 40 ms, usually 2 ms, after shop calls it (30 calls; 30 in the baseline).",
        "get of cart returns without a call in 80%, usually 0% (30 calls; 30 in the baseline).",
        "pay of shop takes 50 ms, usually 2.46 ms, by itself (30 calls; 30 in the baseline).",
    ]


def test_a_stop_after_a_call_is_said_with_the_call() -> None:
    found = judge(ends("shop/pay", "shop/charge", 40, 0), ends("shop/pay", "shop/charge", 40, 40))
    assert [claim(each.leading) for each in found] == [
        "pay of shop stops after charge in 100%, usually 0% (40 calls; 40 in the baseline)."
    ]


def test_durations_have_three_digits() -> None:
    assert [duration(each) for each in (5, 1_500, 12_345_678, 61e9)] == ["5 ns", "1.5 µs", "12.3 ms", "61 s"]
