"""What changed between two call trees, by hand: each kind, and near misses of it."""

from __future__ import annotations

from typing import Any

import pytest
from spanwise_collector.diagnose.call_changes import Change, changes
from spanwise_collector.trace.call_tree import merged
from spanwise_collector.trace.tree import Node, build

from tests.collector.trace.spans import span

MS = 1_000_000


def request(self_time: int = 10, calls: int = 1, call: int = 5, **fields: Any) -> Node:
    """A `GET` of so many ms by itself, with calls of `find` one after the other; `fields` are those of the last."""
    end = (self_time + calls * call) * MS
    spans = [span(1, 0, 0, end, name="GET")]
    for number in range(calls):
        more = fields if number == calls - 1 else {}
        start = number * call * MS
        spans.append(span(2 + number, 1, start, start + call * MS, **{"name": "find", "service": "stock"} | more))
    return build(spans)[0]


def ordinary(n: int, **fields: Any) -> list[Node]:
    """Requests whose times differ a little, the same in every call."""
    return [request(10 + number % 3, call=5 + number % 2, **fields) for number in range(n)]


def judged(a: list[Node], b: list[Node], usual: Any = "mean") -> dict[str, Change]:
    found = changes(merged({"a": a, "b": b}), {"a": len(a), "b": len(b)}, usual)
    return {each.spot.operation: each for each in found}


def kinds(found: dict[str, Change]) -> dict[str, list[str]]:
    return {name: list(each.kinds) for name, each in found.items() if each.kinds}


def test_the_place_that_is_slower_by_itself_has_the_difference() -> None:
    slow = [request(10 + n % 3, call=50 + n % 2) for n in range(30)]
    found = judged(slow, ordinary(30))
    # GET lasts as much longer, and is not slower by itself.
    assert kinds(found) == {"find": ["slower"]}
    find = found["find"]
    assert (find.a.self_time, find.b.self_time, find.share_of_time, find.share) == (50.5 * MS, 5.5 * MS, 1.0, 1.0)
    assert (found["GET"].a.duration, found["GET"].b.duration) == (61.5 * MS, 16.5 * MS)
    assert kinds(judged(ordinary(30), slow)) == {"find": ["faster"]}


def test_what_is_called_more_often_is_told_from_what_is_slower() -> None:
    often = [request(10 + n % 3, calls=4, call=5 + n % 2) for n in range(30)]
    found = judged(often, ordinary(30))
    assert kinds(found) == {"find": ["called more often"]}
    assert (found["find"].a.calls, found["find"].b.calls, found["find"].share_of_time) == (4.0, 1.0, 1.0)
    assert kinds(judged(ordinary(30), often)) == {"find": ["called less often"]}


def test_new_and_gone_calls_are_named_with_all_below_them() -> None:
    other = ordinary(30, name="search", service="index")
    found = judged(other, ordinary(30))
    assert kinds(found) == {"find": ["gone"], "search": ["new"]}
    assert [found[each].share for each in ("find", "search")] == [0.5, 0.5]


def test_failures_are_counted_where_they_begin() -> None:
    failing = [request(10 + n % 3, call=5 + n % 2, status_code=2 if n % 2 else 0) for n in range(30)]
    found = judged(failing, ordinary(30))
    assert kinds(found) == {"find": ["failing more"]}
    assert (found["find"].a.failed, found["find"].b.failed, found["find"].share_of_failures) == (0.5, 0.0, 1.0)
    assert found["find"].share == 1.0
    assert kinds(judged(ordinary(30), failing)) == {"find": ["failing less"]}


@pytest.mark.parametrize(
    "a",
    [
        ordinary(30),
        # A tenth slower is no news, however regular.
        [request(10, call=5) for _ in range(30)],
        # One failure in thirty may be chance.
        [*ordinary(29), request(status_code=2)],
        # A call that one of thirty makes may be chance, and so may one that is not made.
        [*ordinary(29), request(name="search")],
        [*ordinary(29), request(calls=0)],
        # One request that waited hardly moves the mean beyond its error.
        [*ordinary(29), request(call=60)],
    ],
    ids=["the same", "regular", "one failure", "one call", "one without", "one outlier"],
)
def test_near_misses_change_nothing(a: list[Node]) -> None:
    assert kinds(judged(a, ordinary(30))) == {}


def test_one_trace_against_another_shows_what_differs() -> None:
    found = judged([request(call=50)], [request()])
    assert kinds(found) == {"find": ["slower"]}
    assert kinds(judged([request(calls=3)], [request()])) == {"find": ["called more often"]}
    assert kinds(judged([request(status_code=2)], [request()])) == {"find": ["failing more"]}
    assert kinds(judged([request(calls=0)], [request()])) == {"find": ["gone"]}
    assert kinds(judged([request()], [request()])) == {}


def test_one_trace_against_its_like_is_held_against_medians_and_their_spread() -> None:
    # Two of twenty waited too: the median does not move, the spread does.
    baseline = [*ordinary(18), request(call=20), request(call=20)]
    found = judged([request(call=50)], baseline, "median")
    assert kinds(found) == {"find": ["slower"]}
    assert (found["find"].a.self_time, found["find"].b.self_time) == (50 * MS, 6 * MS)
    assert kinds(judged([request(call=12)], baseline, "median")) == {}
    # A call that half of them make is neither new nor gone.
    half = [*ordinary(10), *(request(calls=0) for _ in range(10))]
    assert kinds(judged([request()], half, "median")) == {}
    assert kinds(judged([request(calls=0)], half, "median")) == {}
    assert kinds(judged([request(name="search")], ordinary(20), "median")) == {"find": ["gone"], "search": ["new"]}


def test_against_nothing_nothing_is_said() -> None:
    assert kinds(judged(ordinary(3), [])) == {}
    assert kinds(judged([], ordinary(3))) == {}
    assert judged([], []) == {}


def test_the_order_of_the_requests_makes_no_difference() -> None:
    a, b = [request(call=5 + n % 7, calls=1 + n % 3) for n in range(40)], ordinary(40)
    first, turned = judged(a, b), judged(a[::-1], b[::-1])
    assert [(each.a, each.b, each.kinds, each.share) for each in first.values()] == [
        (each.a, each.b, each.kinds, each.share) for each in turned.values()
    ]
