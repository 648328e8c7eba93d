"""Overload told from slowness, and from more of what is as quick as before."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import BUCKETS
from spanwise_collector.diagnose.overload import Call, Rates, by_slice, overloaded, rates, under_way

from tests.collector.diagnose.counted import row

MS, SECOND = 1_000_000, 1_000_000_000
MORE = Rates(10, 40)


def arrivals(rate: float, seconds: int, seed: int = 1) -> list[int]:
    """Starts of calls that come by chance, so many a second."""
    chance, at, found = random.Random(seed), 0.0, []
    while (at := at + chance.expovariate(rate)) < seconds:
        found.append(round(at * SECOND))
    return found


def queued(rate: float, work: int, workers: int = 1) -> list[Call]:
    """Calls that wait until one of so many workers is free, and then take `work` ns."""
    free = [0] * workers
    found = []
    for start in arrivals(rate, 10):
        worker = min(range(workers), key=lambda each: free[each])
        free[worker] = max(free[worker], start) + work
        found.append(Call(start, free[worker] - start))
    return found


def slow(rate: float, work: int) -> list[Call]:
    """Calls that take long whoever is beside them."""
    chance = random.Random(2)
    return [Call(start, round(work * chance.uniform(0.8, 1.2))) for start in arrivals(rate, 10)]


def test_calls_that_take_longer_beside_others_are_overload_where_more_of_them_come() -> None:
    said = overloaded(MORE, queued(40, 23 * MS))
    assert said is not None
    assert said.startswith(
        "It gets 4.0 times as many calls as usual (40 a second, usually 10), and they take longer the more are under"
        " way: "
    )


@pytest.mark.parametrize(
    ("found", "calls"),
    [
        (MORE, slow(40, 300 * MS)),
        (Rates(30, 40), queued(40, 23 * MS)),
        (MORE, queued(40, 23 * MS, workers=40)),
        (MORE, queued(40, 23 * MS)[:20]),
        (Rates(0, 40), queued(40, 23 * MS)),
    ],
    ids=["as slow alone", "no more than usual", "more, and as quick", "too few to say", "no baseline"],
)
def test_slowness_is_none(found: Rates, calls: list[Call]) -> None:
    assert overloaded(found, calls) is None


def waiting(share: float) -> list[Call]:
    return [Call(start, 9 * MS, number < share * 100) for number, start in enumerate(arrivals(40, 10)[:100])]


def test_calls_that_say_they_waited_are_overload_too() -> None:
    said = overloaded(MORE, waiting(0.4), 0.05)
    assert said is not None
    assert said.endswith("and 40% of them wait for their own process, usually 5%.")
    assert overloaded(MORE, waiting(0.4), 0.35) is None


def test_a_call_is_beside_those_that_began_before_and_have_not_ended() -> None:
    calls = [Call(0, 10), Call(5, 10), Call(10, 1), Call(20, 0), Call(20, 5)]
    assert under_way(calls) == [0, 1, 1, 1, 0]


FULL: Callable[[float], list[float]] = lambda n: [n] * BUCKETS  # noqa: E731


def test_rates_are_of_what_was_covered_and_since_it_began() -> None:
    assert rates(FULL(10), FULL(40), 0, (1.0, 1.0)) == Rates(10, 40)
    half_a_window = [0.0] * 6 + [40.0] * 6
    assert rates(FULL(10), half_a_window, 6, (1.0, 2.0)) == Rates(10, 20)
    # The system began in the seventh slice of the baseline: of that slice a part is not covered.
    assert rates([0.0] * 6 + [3.0] + [10.0] * 5, FULL(10), 0, (1.0, 1.0)) == Rates(10, 10)
    assert rates(FULL(0), FULL(10), 0, (1.0, 1.0)) == Rates(0, 10)


def test_calls_are_counted_by_slice_and_instance() -> None:
    rows = [row("end", "shop@a/get", bucket=1, n=3), row("end", "shop@b/get", bucket=1, n=4)]
    rows += [row("end", "shop@a/get", other="stock/find", bucket=1, n=9), row("end", "shop@a/put", bucket=1, n=9)]
    assert by_slice(rows, Operation("shop", "", "get"))[:3] == [0, 7, 0]
    assert by_slice(rows, Operation("shop", "b", "get"), sample=2)[:3] == [0, 8, 0]
