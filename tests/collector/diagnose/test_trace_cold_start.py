"""Instances that had only just begun."""

from __future__ import annotations

from dataclasses import replace

from spanwise_collector.diagnose.trace_cold_start import cold_starts
from spanwise_collector.model.span import Span

from tests.collector.diagnose.counted import self_time
from tests.collector.diagnose.subjects import in_ms, subject, told

USUAL = self_time("shop/get", [10] * 40)


def spans(took: float = 80, **attributes: object) -> list[Span]:
    return [in_ms(1, 0, 0, took, "shop/get", attributes=attributes)]


def test_a_slow_first_request_of_a_new_instance_is_a_cold_start() -> None:
    made = replace(subject(spans(), USUAL), first_seen={("shop", "shop-1"): -2_000_000_000})
    assert told(cold_starts(made)) == [
        ("shop", 0.87, "shop-1 was new, first seen 2 s before: get took 80 ms by itself, usually 10 ms.")
    ]


def test_a_platform_that_says_so_is_believed() -> None:
    assert len(cold_starts(subject(spans(**{"faas.coldstart": True}), USUAL))) == 1
    assert cold_starts(subject(spans(**{"faas.coldstart": False}), USUAL)) == []


def test_old_instances_and_quick_answers_are_no_cold_starts() -> None:
    old = replace(subject(spans(), USUAL), first_seen={("shop", "shop-1"): -121_000_000_000})
    quick = replace(subject(spans(19), USUAL), first_seen={("shop", "shop-1"): 0})
    thin = replace(subject(spans(), USUAL[:0]), first_seen={("shop", "shop-1"): 0})
    assert [cold_starts(each) for each in (old, quick, thin)] == [[], [], []]
