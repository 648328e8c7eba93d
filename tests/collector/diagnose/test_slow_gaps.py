"""Time between log records of a trace, where there are no spans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from spanwise_collector.diagnose.claims import claim
from spanwise_collector.diagnose.features import OFFSET, Row
from spanwise_collector.diagnose.slow_gaps import slow_gaps

from tests.collector.diagnose.counted import MS, row


def gaps(second: str, first: str, milliseconds: Sequence[float]) -> list[Row]:
    logs = [math.log(OFFSET + each * MS) for each in milliseconds]
    made = row("gap", second, other=first, n=len(logs), a=sum(logs), aa=sum(each**2 for each in logs))
    return [replace(made, other_instance="")]


USUAL = [9, 10, 11] * 10


def test_a_longer_time_is_put_down_to_who_wrote_the_second_record() -> None:
    (blame,) = slow_gaps(gaps("stock/found", "stock/asked", USUAL), gaps("stock/found", "stock/asked", [80] * 30))
    assert (blame.culprit.service, blame.culprit.instance, blame.kind, blame.strength) == (
        "stock", "stock-1", "slow", 8.0,
    )  # fmt: skip
    assert claim(blame) == (
        "“found” of stock follows 80 ms, usually 9.97 ms, after “asked” of stock (30 calls; 30 in the baseline)."
    )


def test_between_two_services_it_counts_less() -> None:
    (blame,) = slow_gaps(gaps("stock/found", "shop/asked", USUAL), gaps("stock/found", "shop/asked", [80] * 30))
    assert (blame.culprit.service, round(blame.strength, 2)) == ("stock", 5.6)


def test_the_usual_time_few_records_and_unknown_pairs_are_no_finding() -> None:
    usual = gaps("stock/found", "stock/asked", USUAL)
    assert slow_gaps(usual, gaps("stock/found", "stock/asked", [10, 11] * 15)) == []
    assert slow_gaps(usual, gaps("stock/found", "stock/asked", [80] * 4)) == []
    assert slow_gaps(usual, gaps("stock/other", "stock/asked", [80] * 30)) == []


def test_an_instance_whose_clock_is_off_is_held_against_itself() -> None:
    """The time between records of two services has the difference of their clocks in it, the same in both windows."""
    late = [each + 60 for each in USUAL]
    usual = [*gaps("stock@a/found", "shop/asked", USUAL * 3), *gaps("stock@b/found", "shop/asked", late[:10])]
    now = [*gaps("stock@a/found", "shop/asked", USUAL), *gaps("stock@b/found", "shop/asked", late)]
    assert slow_gaps(usual, now) == []
    slower = gaps("stock@b/found", "shop/asked", [each * 3 for each in late])
    assert [(each.culprit.instance, each.before.n) for each in slow_gaps(usual, slower)] == [("b", 10)]


def test_an_instance_without_a_baseline_of_its_own_is_held_against_its_service() -> None:
    usual = [*gaps("stock@a/found", "shop/asked", USUAL), *gaps("stock@b/found", "shop/asked", [70] * 9)]
    (blame,) = slow_gaps(usual, gaps("stock@b/found", "shop/asked", [400] * 9))
    assert (blame.culprit.instance, blame.before.n) == ("b", 39)
