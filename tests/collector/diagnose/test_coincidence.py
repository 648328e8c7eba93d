"""What coincides with an onset, and what does not: deploys, versions and attributes."""

from __future__ import annotations

import pytest
from spanwise_collector.diagnose import coincidence
from spanwise_collector.diagnose.coincidence import LATEST_AFTER, LONGEST_BEFORE, Deploy, Onset, Seen, Sides
from spanwise_collector.diagnose.onset import Shown
from spanwise_collector.diagnose.separation import Counted, Place, Sizes, Value, separate

SECOND = 1_000_000_000
NOON = 1_795_435_200 * SECOND
ONSET = Onset("shop", NOON, 5 * SECOND)
SHOWN = Shown("ab" * 16, "cd" * 8, "shop", "shop-1", "GET")


@pytest.mark.parametrize("apart", [-LONGEST_BEFORE, -40 * SECOND, 0, LATEST_AFTER])
def test_a_deploy_of_the_service_about_its_onset_is_named(apart: int) -> None:
    (found,) = coincidence.deploys([Deploy(7, "shop", "1.4", NOON + apart, "new cart")], ONSET)
    assert (found.kind, found.key, found.value, found.since, found.deploy) == (
        "deploy", "service.version", "1.4", NOON + apart, 7,
    )  # fmt: skip


def test_a_deploy_is_named_with_its_note_and_how_long_before_it_was() -> None:
    (found,) = coincidence.deploys([Deploy(7, "shop", "1.4", NOON - 40 * SECOND, "new cart")], ONSET)
    assert found.sentence == "1.4 of shop was deployed at 11:59:20Z, 40 s before: new cart."


@pytest.mark.parametrize(
    "deploy",
    [
        Deploy(1, "stock", "1.4", NOON),
        Deploy(1, "shop", "1.4", NOON - LONGEST_BEFORE - 1),
        Deploy(1, "shop", "1.4", NOON + LATEST_AFTER + 1),
    ],
    ids=["of another service", "long before", "after it began"],
)
def test_other_deploys_are_not(deploy: Deploy) -> None:
    assert coincidence.deploys([deploy], ONSET) == []


def test_of_several_deploys_the_nearest_comes_first() -> None:
    noted = [Deploy(1, "shop", "1.3", NOON - 300 * SECOND), Deploy(2, "shop", "1.4", NOON - SECOND)]
    assert [each.value for each in coincidence.deploys(noted, ONSET)] == ["1.4", "1.3"]


def versions(usual: dict[str, list[str]], value: str, since: int) -> list[tuple[str, str]]:
    found = coincidence.versions(usual, [Seen("service.version", value, since, SHOWN)], ONSET)
    return [(each.value, each.sentence) for each in found]


def test_a_version_that_came_with_the_onset_is_named_with_the_one_before() -> None:
    said = "service.version of shop is 2 since 12:00:01Z; the baseline has 1."
    assert versions({"service.version": ["1"]}, "2", NOON + SECOND) == [("2", said)]


@pytest.mark.parametrize(
    ("usual", "since"),
    [
        ({"service.version": ["1", "2"]}, NOON),
        ({}, NOON),
        ({"service.version": ["1"]}, NOON + 6 * SECOND),
        ({"service.version": ["1"]}, NOON - LONGEST_BEFORE - 1),
    ],
    ids=["known before", "nothing known before", "after it began", "long before"],
)
def test_other_versions_are_not(usual: dict[str, list[str]], since: int) -> None:
    assert versions(usual, "2", since) == []


def sentences(key: str, a: int, b: int, n: int = 100) -> list[str]:
    """Of `n` spans on either side so many have the value of the key."""
    counted = Counted(Place("span", "", key), n, n, 2, values=(Value("acme", a, b), Value("other", n - a, n - b)))
    ranked = separate([counted], {"span": Sizes(n, n)}, frozenset()).ranked
    return [said for _, said in coincidence.attributes(ranked, Sides("its calls that fail", "the others"))]


def test_a_value_that_sets_what_deviates_apart_is_named_with_both_shares() -> None:
    assert sentences("tenant", 98, 4) == ["98% of its calls that fail have tenant = acme, 4% of the others."]


@pytest.mark.parametrize(
    ("key", "a", "b", "n"),
    [
        ("tenant", 60, 40, 100),
        ("tenant", 5, 0, 5),
        ("error.type", 98, 4, 100),
        ("http.response.status_code", 98, 4, 100),
    ],
    ids=["hardly apart", "too few to say", "a consequence", "another consequence"],
)
def test_other_values_are_not(key: str, a: int, b: int, n: int) -> None:
    assert sentences(key, a, b, n) == []
