"""Rates and percentiles of services against exact ones."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.model.summary import ServiceSummary
from spanwise_collector.query.service_series import series_by_service
from spanwise_collector.query.services import percentile, services
from spanwise_collector.query.times import MAX_TIME
from spanwise_collector.query.totals import Totals, totals

from tests import factories
from tests.collector.inside import Inside
from tests.collector.query.corpus import SentSpan, generate
from tests.factories import MINUTE, START, span, trace_ids
from tests.generated import seed

# Half of one of four buckets to each doubling.
ERROR = 2 ** (1 / 8)
PROJECT = "services"


@pytest.fixture(scope="module")
def sent(collector: Inside) -> list[SentSpan]:
    corpus = generate(random.Random(seed()), 200, 2)
    collector.send(PROJECT, *corpus.requests())
    return corpus.spans


def is_request(each: SentSpan) -> bool:
    return each.wire.kind in (2, 5) or not each.wire.parent_span_id


@pytest.mark.parametrize("columns", [2, 7, 200])
@pytest.mark.parametrize(("start", "end"), [(0, MAX_TIME), (START, START + 3 * MINUTE), (0, MINUTE)])
def test_requests_over_time_are_counted_in_few_enough_steps(
    collector: Inside, sent: list[SentSpan], start: int, end: int, columns: int
) -> None:
    found = series_by_service(collector.engine, PROJECT, start, end, columns)
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    failed: dict[str, Counter[int]] = defaultdict(Counter)
    for each in sent:
        time = each.wire.start_time_unix_nano
        if is_request(each) and start // MINUTE <= time // MINUTE < -(-end // MINUTE):
            counted[each.service][time // found.step * found.step] += 1
            failed[each.service][time // found.step * found.step] += each.wire.status.code == 2
    assert found.points == {
        service: [(time, counts[time], failed[service][time]) for time in sorted(counts)]
        for service, counts in counted.items()
    }
    times = [time for points in found.points.values() for time, _, _ in points]
    assert not times or (max(times) - min(times)) // found.step < columns


@pytest.mark.parametrize(("start", "end"), [(0, MAX_TIME), (START, START + 3 * MINUTE)])
def test_counts_are_exact_and_percentiles_within_half_a_bucket(
    collector: Inside, sent: list[SentSpan], start: int, end: int
) -> None:
    first, last = start // MINUTE, -(-end // MINUTE)
    by_service: dict[str, list[SentSpan]] = defaultdict(list)
    for each in sent:
        if first <= each.wire.start_time_unix_nano // MINUTE < last:
            by_service[each.service].append(each)
    found = services(collector.engine, PROJECT, start, end)
    assert (found.total, found.total_relation, found.reason) == (len(by_service), "eq", "end")
    assert [each.name for each in found.items] == sorted(by_service)
    for summary in found.items:
        spans = by_service[summary.name]
        requests = [each for each in spans if is_request(each)]
        assert (
            summary.span_count,
            summary.error_count,
            summary.request_count,
            summary.request_error_count,
            summary.last_seen,
            list(summary.operations.items()),
        ) == (
            len(spans),
            sum(each.wire.status.code == 2 for each in spans),
            len(requests),
            sum(each.wire.status.code == 2 for each in requests),
            max(each.wire.start_time_unix_nano for each in spans),
            sorted(Counter(each.wire.name for each in spans).items(), key=lambda item: (-item[1], item[0])),
        )
        ended = sorted(
            each.duration for each in requests if each.wire.end_time_unix_nano >= each.wire.start_time_unix_nano
        )
        for hundredth, shown in ((50, summary.p50), (95, summary.p95), (99, summary.p99)):
            exact = max(1, ended[ceil(Fraction(hundredth, 100) * len(ended)) - 1])
            assert shown is not None
            # Whole nanoseconds: rounding may add half of one.
            assert exact / ERROR - 0.5 <= shown <= exact * ERROR + 0.5, (summary.name, hundredth, exact)


def test_a_service_shows_its_100_busiest_operations_by_count_then_name(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    spans = [span(trace_id, number, name=f"op {number:03}") for number in range(1, 131)]
    spans += [span(trace_id, 200, name="op 130")]
    collector.send("operations", factories.traces(spans))
    (found,) = services(collector.engine, "operations", 0, MAX_TIME).items
    assert list(found.operations.items()) == [("op 130", 2), *((f"op {number:03}", 1) for number in range(1, 100))]


def test_no_service_is_shown_where_nothing_was_sent(collector: Inside) -> None:
    assert services(collector.engine, "nobody's", 0, MAX_TIME).items == []


def test_a_service_that_sends_log_records_is_listed_with_them(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    minute = START // MINUTE * MINUTE
    logged = [factories.record("x", minute + n, severity_number=n) for n in (9, 16, 17, 24)]
    collector.send("logged", factories.traces([span(trace_id, 1)], "both"), factories.logs(logged[:3], "both"))
    collector.send("logged", factories.logs(logged, "logs alone"))
    both, alone = services(collector.engine, "logged", 0, MAX_TIME).items
    assert alone == ServiceSummary("logs alone", log_count=4, log_error_count=2, last_seen=minute + 24)
    assert (both.name, both.span_count, both.log_count, both.log_error_count) == ("both", 1, 3, 1)
    assert both.last_seen == START + 1
    assert services(collector.engine, "logged", minute + MINUTE, MAX_TIME).items == []
    assert totals(collector.engine, "logged") == Totals(spans=1, logs=7, services=2)


def test_an_empty_histogram_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None


@given(st.lists(st.integers(0, 250), min_size=1, max_size=300), st.sampled_from([50, 95, 99]))
def test_a_percentile_is_the_middle_of_the_bucket_that_holds_the_exact_one(buckets: list[int], hundredth: int) -> None:
    exact = sorted(buckets)[ceil(Fraction(hundredth, 100) * len(buckets)) - 1]
    assert percentile(Counter(buckets), hundredth / 100) == round(2 ** ((exact + 0.5) / 4))
