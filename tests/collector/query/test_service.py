"""A service's page and its operations against counting in Python."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from spanwise_collector.query.extent import Most
from spanwise_collector.query.figures import Figures, Minutes
from spanwise_collector.query.service import operations, service
from spanwise_collector.query.services import LogCount

from tests import factories
from tests.collector.inside import Inside
from tests.collector.query.corpus import SentSpan, generate
from tests.collector.query.test_service_map import bucket
from tests.factories import MINUTE, START
from tests.generated import seed

PROJECT = "service"
MIDDLE = START // MINUTE * MINUTE + 200 * MINUTE
NOW = Minutes.of(PROJECT, MIDDLE, MIDDLE + 200 * MINUTE)


@pytest.fixture(scope="module")
def sent(collector: Inside) -> list[SentSpan]:
    corpus = generate(random.Random(seed()), 300, 2)
    collector.send(PROJECT, *corpus.requests())
    return corpus.spans


def figures(spans: list[SentSpan]) -> Figures:
    ended = [each for each in spans if each.wire.end_time_unix_nano >= each.wire.start_time_unix_nano]
    buckets = Counter(bucket(each.duration) for each in ended)
    return Figures(len(spans), sum(each.wire.status.code == 2 for each in spans), dict(buckets))


def within(spans: list[SentSpan], minutes: Minutes) -> list[SentSpan]:
    return [each for each in spans if minutes.first <= each.wire.start_time_unix_nano // MINUTE < minutes.end]


def is_request(each: SentSpan) -> bool:
    return each.wire.kind in (2, 5) or not each.wire.parent_span_id


def test_operations_have_their_figures_and_those_of_the_time_before(collector: Inside, sent: list[SentSpan]) -> None:
    now: dict[Any, list[SentSpan]] = defaultdict(list)
    before: dict[Any, list[SentSpan]] = defaultdict(list)
    assert NOW.before() == Minutes(PROJECT, NOW.first - 200, NOW.first)
    for each in within(sent, NOW):
        now[each.service, each.wire.name, each.wire.kind].append(each)
    for each in within(sent, NOW.before()):
        before[each.service, each.wire.name, each.wire.kind].append(each)
    found = operations(collector.engine, NOW)
    assert {(each.service, each.name, each.kind): (each.now, each.before) for each in found} == {
        key: (figures(spans), figures(before[key])) for key, spans in now.items()
    }
    assert [-each.now.spans for each in found] == sorted(-each.now.spans for each in found)
    assert {each.service for each in operations(collector.engine, NOW, "db")} == {"db"}


def test_a_service_has_its_requests_over_time(collector: Inside, sent: list[SentSpan]) -> None:
    mine = [each for each in within(sent, NOW) if each.service == "api"]
    requests = [each for each in mine if is_request(each)]
    found = service(collector.engine, NOW, "api", Most(), columns=10)
    assert found.requests == figures(requests)
    assert found.before == figures(
        [each for each in within(sent, NOW.before()) if each.service == "api" and is_request(each)]
    )
    assert found.spans == figures(mine)
    assert sum((each for _, each in found.instances), Figures()) == found.requests
    by_step: dict[int, list[SentSpan]] = defaultdict(list)
    for each in requests:
        by_step[each.wire.start_time_unix_nano // found.series.step * found.series.step].append(each)
    assert found.series.points == sorted((time, figures(spans)) for time, spans in by_step.items())
    assert len(found.series.points) <= 10


def test_a_service_that_sends_log_records_alone_has_their_count(collector: Inside) -> None:
    records = [factories.record("x", NOW.bounds[0] + n, severity_number=17 * (n % 2)) for n in range(5)]
    collector.send(PROJECT, factories.logs(records, "logs alone"))
    found = service(collector.engine, NOW, "logs alone", Most())
    assert (found.spans, found.logs) == (Figures(), LogCount(5, 2, NOW.bounds[0] + 4))


def test_a_service_that_is_not_there_has_nothing(collector: Inside) -> None:
    found = service(collector.engine, NOW, "nobody", Most())
    assert (found.requests, found.before, found.spans) == (Figures(), Figures(), Figures())
    assert (found.series.points, found.instances) == ([], [])
    assert [each.values for each in found.versions.found] == [()]
