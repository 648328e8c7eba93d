"""Requests that no longer come in."""

from __future__ import annotations

from spanwise_collector.diagnose.claims import claim
from spanwise_collector.diagnose.features import BUCKETS, Row
from spanwise_collector.diagnose.silent_services import silent_services
from spanwise_collector.diagnose.thresholds import DEFAULTS
from spanwise_collector.diagnose.verdict import judge

from tests.collector.diagnose.counted import ends, row


def spans(until: int, n: int = 10) -> list[Row]:
    return [row("end", "edge/get", bucket=at, n=n) for at in range(until)]


CALLED = ends("edge/get", "shop/list", 120, 120)


def test_a_first_service_that_sends_nothing_at_the_end_is_told_where_nothing_else_is() -> None:
    (found,) = silent_services(spans(BUCKETS), spans(6))
    assert claim(found) == "No more requests come to edge: 60 spans in all, and none at the end."
    (culprit,) = judge(spans(BUCKETS), spans(6))
    assert (culprit.service, culprit.leading.kind, culprit.score > DEFAULTS.notable_score) == ("edge", "silent", True)


def test_a_service_that_others_call_is_left_to_what_they_see() -> None:
    below = [row("end", "shop/list", bucket=at, n=10) for at in range(BUCKETS)]
    assert silent_services([*spans(BUCKETS), *below, *CALLED], [*spans(BUCKETS), *below[:6]]) == []


def test_short_silence_little_traffic_and_a_baseline_that_ends_early_are_no_finding() -> None:
    assert silent_services(spans(BUCKETS), spans(BUCKETS - 2)) == []
    assert silent_services(spans(BUCKETS, 2), spans(6, 2)) == []
    assert silent_services(spans(6), spans(6)) == []
