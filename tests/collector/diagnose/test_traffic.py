"""Traffic that changed at the entrance, told apart from what services make of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from spanwise_collector.diagnose.features import BUCKETS, Row
from spanwise_collector.diagnose.traffic import traffic

from tests.collector.diagnose.counted import row

USUAL = [100, 104, 97, 101, 99, 103, 96, 100, 102, 98, 100, 101]


def requests(counts: list[int], inner: int = 1) -> list[Row]:
    """So many requests in each slice at `shop`, each calling `stock` so many times."""
    rows = []
    for bucket, n in enumerate(counts):
        rows.append(row("end", "shop/get", bucket=bucket, n=n))
        rows.append(row("end", "shop/get", other="stock/find", bucket=bucket, n=n, b=n * inner, bb=n * inner**2))
        rows.append(row("end", "stock/find", bucket=bucket, n=n * inner))
    return [each for each in rows if each.n]


def found(now: list[int], inner: int = 1, usual: list[int] = USUAL) -> list[tuple[str, float, int]]:
    changed = traffic(requests(usual), requests(now, inner), (1.0, 1.0))
    return [(each.service, round(each.rates.now), each.slice) for each in changed]


def test_more_and_fewer_requests_from_outside_are_told_since_they_came() -> None:
    assert found([300] * BUCKETS) == [("shop", 300, 0)]
    assert found([100] * 6 + [300] * 6) == [("shop", 300, 6)]
    assert found([100] * 4 + [20] * 8) == [("shop", 20, 4)]


def test_it_is_said_to_be_no_fault_of_a_service() -> None:
    (only,) = traffic(requests(USUAL), requests([250] * BUCKETS), (1.0, 1.0))
    assert only.claim == (
        "shop gets 2.5 times as many requests of get (250 a second, usually 100)."
        " They come from outside of what is traced: that is no fault of a service."
    )


@pytest.mark.parametrize(
    ("now", "inner", "usual"),
    [
        (USUAL, 5, USUAL),
        ([150] * BUCKETS, 1, USUAL),
        ([100] * 10 + [300] * 2, 1, USUAL),
        ([40] * BUCKETS, 1, [0, 60, 10, 0, 45, 2, 80, 5, 0, 30, 1, 7]),
        ([30] * BUCKETS, 1, [1] * BUCKETS),
        ([100] * BUCKETS, 1, [0] * 10 + [40, 100]),
    ],
    ids=["more calls inside", "half as many more", "hardly any time yet", "unsteady", "too few to say", "not covered"],
)
def test_other_changes_are_not_traffic(now: list[int], inner: int, usual: list[int]) -> None:
    assert found(now, inner, usual) == []


def test_the_length_of_windows_and_samples_count() -> None:
    assert traffic(requests(USUAL), requests(USUAL), (1.0, 0.5), (2, 1)) == []
    (only,) = traffic(requests(USUAL), requests(USUAL), (1.0, 0.25))
    assert round(only.rates.now) == 400


class Walked(list[Row]):
    """Rows that count how often they were gone through."""

    walks = 0

    def __iter__(self) -> Iterator[Row]:
        self.walks += 1
        return super().__iter__()


def test_rows_are_gone_through_as_often_for_a_thousand_entrances_as_for_one() -> None:
    for entrances in (1, 1000):
        many = [row("end", f"shop/get{n}", bucket=bucket, n=100) for n in range(entrances) for bucket in range(BUCKETS)]
        before, now = Walked(many), Walked(many)
        assert traffic(before, now, (1.0, 1.0)) == []
        assert before.walks + now.walks == 5
