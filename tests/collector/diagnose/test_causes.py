"""Which culprits are causes, and which only symptoms of another."""

from __future__ import annotations

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.causes import causes
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import Moments, Row
from spanwise_collector.diagnose.thresholds import DEFAULTS
from spanwise_collector.diagnose.verdict import Culprit

from tests.collector.diagnose.counted import ends

# edge → shop → stock → disk, and edge → ads.
CALLS: list[Row] = [
    *ends("edge/get", "shop/list", 9, 9),
    *ends("edge/get", "ads/pick", 9, 9),
    *ends("shop/list", "stock/find", 9, 9),
    *ends("stock/find", "disk/read", 9, 9),
]


def culprit(service: str, score: float) -> Culprit:
    operation = Operation(service, f"{service}-1", "do")
    blame = Blame(operation, "self_time", "slow", 1.0, Moments(), Moments(), operation)
    return Culprit(service, f"{service}-1", score, (blame,))


def found(*culprits: Culprit) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.culprit.service, each.reached) for each in causes(culprits, CALLS)]


def test_who_calls_a_culprit_is_reached_by_it() -> None:
    assert found(culprit("stock", 0.9)) == [("stock", ("edge", "shop"))]


def test_weaker_culprits_above_and_below_are_symptoms() -> None:
    assert found(culprit("stock", 0.9), culprit("edge", 0.6), culprit("disk", 0.5), culprit("stock", 0.4)) == [
        ("stock", ("edge", "shop"))
    ]


def test_a_culprit_beside_another_is_a_cause_of_its_own() -> None:
    assert found(culprit("stock", 0.9), culprit("ads", 0.6)) == [("stock", ("edge", "shop")), ("ads", ("edge",))]


def test_what_does_not_stand_out_is_no_cause() -> None:
    assert found(culprit("stock", DEFAULTS.notable_score - 0.01)) == []
    assert [service for service, _ in found(culprit("ads", DEFAULTS.notable_score))] == ["ads"]


def test_services_that_call_each_other_in_a_circle_come_to_an_end() -> None:
    circle = [*ends("a/x", "b/y", 9, 9), *ends("b/y", "a/x", 9, 9)]
    assert [(each.culprit.service, each.reached) for each in causes([culprit("a", 0.9)], circle)] == [("a", ("b",))]
