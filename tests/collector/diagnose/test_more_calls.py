"""Operations that call others more often each time."""

from __future__ import annotations

from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.more_calls import more_calls, new_calls

from tests.collector.diagnose.counted import calls, ends


def strengths(before: int, now: int, n: int = 50) -> list[tuple[str, str, float]]:
    usual = Counts(ends("shop/page", "db/find", 50, 0, times=before), pooled=True)
    found = more_calls(usual, Counts(ends("shop/page", "db/find", n, 0, times=now), pooled=False))
    return [(each.culprit.service, each.kind, each.strength) for each in found]


def test_each_doubling_counts_two_spreads() -> None:
    assert strengths(2, 8) == [("shop", "changed", 4.0)]


def test_a_few_more_or_too_few_to_say_are_not_told() -> None:
    assert strengths(10, 14) == strengths(2, 8, n=4) == []


def test_a_call_that_was_never_made_is_told_by_the_share_that_makes_it() -> None:
    before = Counts(calls("shop/get", 100), pooled=True)
    often = Counts([*calls("shop/get", 100), *ends("shop/get", "audit/note", 100, 0)], pooled=False)
    (found,) = new_calls(before, often)
    assert (found.culprit.service, found.kind, round(found.strength, 1)) == ("shop", "changed", 2.7)
    rarely = Counts([*calls("shop/get", 100), *ends("shop/get", "audit/note", 2, 0)], pooled=False)
    assert new_calls(before, rarely) == []
    known = Counts([*calls("shop/get", 100), *ends("shop/get", "audit/note", 1, 0)], pooled=True)
    assert new_calls(known, often) == []
