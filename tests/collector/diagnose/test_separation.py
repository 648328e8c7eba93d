"""Attributes that tell two sets apart, with shares worked out by hand."""

from __future__ import annotations

import random
from dataclasses import replace

from spanwise_collector.diagnose.separation import (
    Counted,
    LeftOut,
    Place,
    Sizes,
    Value,
    Where,
    separate,
)

from tests.generated import seed

SIZES: dict[Where, Sizes] = {"span": Sizes(100, 400), "trace": Sizes(100, 400)}


def counted(
    key: str, *values: tuple[str, int, int], where: Where = "span", service: str = "", field: bool = False, **more: int
) -> Counted:
    made = tuple(Value(*each) for each in values)
    return Counted(
        Place(where, service, key, field),
        more.get("a", sum(each.a for each in made)),
        more.get("b", sum(each.b for each in made)),
        more.get("distinct", len(made)),
        more.get("ids", 0),
        more.get("times", 0),
        made,
    )


def test_the_key_whose_shares_are_furthest_apart_comes_first() -> None:
    shard = counted("shard", ("7", 97, 4), ("1", 3, 396))
    tier = counted("tier", ("gold", 30, 100), ("free", 70, 300))
    cached = counted("cached", ("no", 50, 100))
    found = separate([tier, cached, shard], SIZES, frozenset())
    assert [each.counted.place.key for each in found.ranked] == ["shard", "cached", "tier"]
    best = found.ranked[0].values[0]
    assert (best.text, best.a, best.b, round(best.difference.value, 9)) == ("7", 97, 4, 0.96)
    assert 0.8 < found.ranked[0].score < 0.96
    # 30 of 100 and 100 of 400 may be chance.
    assert found.ranked[2].score == 0.0
    # Two values and the absence of each of three keys, one of which has one value only.
    assert found.tests == 8


def test_the_absence_of_a_key_separates_too() -> None:
    found = separate([counted("cache.hit", ("true", 0, 380))], SIZES, frozenset())
    assert [(each.text, each.a, each.b) for each in found.ranked[0].values] == [("true", 0, 380), (None, 100, 20)]


def test_what_cannot_separate_is_left_out_and_named() -> None:
    given = [
        counted("rare", ("x", 4, 0)),
        counted("request", *((f"{n:032x}", 1, 0) for n in range(9)), ids=9),
        counted("at", *((f"17952326{n:02}", 1, 1) for n in range(9)), times=9),
        counted("user", *((f"u{n}", 1, 0) for n in range(10)), a=90, b=10, distinct=21),
        counted("status", ("error", 100, 0)),
        counted("version", ("2", 50, 100), ("1", 50, 300)),
        counted("version", ("2", 50, 100), ("1", 50, 300), where="trace", service="shop"),
        counted("instance", ("db-1", 10, 10), ("db-2", 90, 390), where="trace", service="db", field=True),
        counted("host", ("db-1", 10, 10), ("db-2", 90, 390), where="trace", service="db"),
    ]
    found = separate(given, SIZES, frozenset({(False, "status")}))
    assert {each.counted.place for each in found.ranked} == {
        Place("span", "", "version"),
        Place("trace", "db", "instance", field=True),
    }
    assert {each.counted.place.key: each.reason for each in found.left_out} == {
        "rare": "rare",
        "request": "ids",
        "at": "timestamps",
        "user": "many values",
        "status": "asked for",
        "version": "repeats another",
        "host": "repeats another",
    }


def test_near_misses_stay() -> None:
    given = [
        counted("five", ("x", 5, 0)),
        counted("some ids", *((f"{n:032x}", 1, 0) for n in range(8)), ("none", 1, 1), ("default", 0, 9), ids=8),
        counted("user", *((f"u{n}", 5, 1) for n in range(10)), a=90, b=15, distinct=21),
    ]
    found = separate(given, SIZES, frozenset({(True, "five")}))
    assert {each.counted.place.key for each in found.ranked} == {"five", "some ids", "user"}
    assert found.left_out == []


def test_numbers_of_which_there_are_many_are_told_apart_by_where_the_sets_are_furthest_apart() -> None:
    given = counted("rows", a=90, b=380, distinct=300)
    found = separate([replace(given, cut=Value("1000", 10, 370))], SIZES, frozenset())
    assert [(each.operator, each.text, each.a, each.b) for each in found.ranked[0].values] == [
        ("<=", "1000", 10, 370),
        (">", "1000", 80, 10),
        ("=", None, 10, 20),
    ]
    # Every value was tried, and each is a chance to be wrong.
    assert found.tests == 301
    # Of a few numbers each is a value of its own, and without a cut many are left out.
    few = counted("rows", ("1", 50, 100), ("2", 40, 280))
    (kept,) = separate([replace(few, cut=Value("1", 50, 100))], SIZES, frozenset()).ranked
    assert [each.operator for each in kept.values] == ["=", "=", "="]
    assert separate([given], SIZES, frozenset()).left_out[0].reason == "many values"


def test_of_two_single_traces_what_differs_is_shown_and_nothing_is_sure() -> None:
    single: dict[Where, Sizes] = {"span": Sizes(1, 1), "trace": Sizes(1, 1)}
    given = [counted("shard", ("7", 1, 0), ("1", 0, 1)), counted("tier", ("gold", 1, 1))]
    found = separate(given, single, frozenset())
    assert [(each.counted.place.key, each.score) for each in found.ranked] == [("shard", 0.0)]
    assert [(each.text, each.difference.value) for each in found.ranked[0].values] == [("7", 1.0), ("1", -1.0)]


def test_ties_are_in_the_order_of_where_service_and_key_whatever_the_order_of_arrival() -> None:
    origins: tuple[tuple[Where, str], ...] = (("span", ""), ("trace", "db"), ("trace", "api"))
    given = [
        counted(key, ("x", 60, 10), where=where, service=service)
        for where, service in origins
        for key in (f"{where}-{service}-b", f"{where}-{service}-a")
    ]
    expected = ["span--a", "span--b", "trace-api-a", "trace-api-b", "trace-db-a", "trace-db-b"]
    chance = random.Random(seed())
    for _ in range(5):
        chance.shuffle(given)
        found = separate(given, SIZES, frozenset())
        assert [each.counted.place.key for each in found.ranked] == expected


def test_rows_that_arrived_since_the_sets_were_measured_count_as_rows_of_the_sets() -> None:
    found = separate([counted("k", ("x", 103, 4)), counted("l", ("y", 3, 404))], SIZES, frozenset())
    assert {(each.sizes.a, each.sizes.b) for each in found.ranked} == {(103, 404)}
    assert {each.counted.place.key: each.values[0].difference.value for each in found.ranked} == {
        "k": round(1 - 4 / 404, 9),
        "l": round(3 / 103 - 1, 9),
    }


def test_no_keys_are_no_answer() -> None:
    found = separate([], SIZES, frozenset())
    assert (found.ranked, found.left_out, found.tests) == ([], [], 0)
    assert separate([counted("k", ("x", 1, 4))], SIZES, frozenset()).left_out == []
    assert isinstance(separate([counted("k", ("x", 1, 3))], SIZES, frozenset()).left_out[0], LeftOut)
