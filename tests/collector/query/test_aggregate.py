"""Groups and their figures against plain Python, over generated spans."""

from __future__ import annotations

import math
import random
from collections import defaultdict

import pytest
from spanwise_collector.errors import InvalidParameter
from spanwise_collector.model.span import Span
from spanwise_collector.query.aggregate import Aggregation, Group, aggregate
from spanwise_collector.query.language.parse import parse
from spanwise_collector.query.language.tree import Key, Pipeline

from tests.collector.inside import Inside
from tests.contract import query_definition
from tests.contract.query_corpus import make_spans
from tests.contract.query_wire import span_request
from tests.factories import MINUTE, START
from tests.generated import seed

PROJECT = "aggregated"
END = START + 20 * MINUTE


@pytest.fixture(scope="module")
def sent(collector: Inside) -> list[Span]:
    spans = make_spans(random.Random(seed()), 60)
    collector.send(PROJECT, span_request(spans))
    return spans


def ask(collector: Inside, text: str, limit: int = 1000) -> list[Group]:
    query = parse(text, "spans")
    asked = Aggregation(PROJECT, "spans", START, END, query.where, query.pipeline or Pipeline(), limit)
    return aggregate(collector.engine, asked)[0]


def numbers(spans: list[Span], key: Key) -> list[float]:
    texts = [str(value) for span in spans for value in query_definition.values(key, span)]
    return sorted(float(text) for text in texts if query_definition.is_number(text))


def test_groups_have_the_figures_of_their_spans(collector: Inside, sent: list[Span]) -> None:
    figures = "count, rate, p95(duration), min(duration), sum(replicas), distinct(name)"
    groups: dict[tuple[str, str | None], list[Span]] = defaultdict(list)
    for span in sent:
        if not span.name.startswith("health"):
            groups[span.service, span.resource.attributes.get("zone")].append(span)  # type: ignore[index]
    wanted = {}
    for keys, spans in groups.items():
        durations = numbers(spans, Key("field", "duration"))
        replicas = numbers(spans, Key("plain", "replicas"))
        wanted[keys] = [
            len(spans),
            len(spans) / 1200,
            durations[math.ceil(0.95 * len(durations)) - 1],
            durations[0],
            sum(replicas) if replicas else None,
            len({span.name for span in spans}),
        ]
    found = ask(collector, f"-name:health* | group service, zone | {figures}")
    assert {tuple(each.keys): each.values for each in found} == wanted
    counts = [each.values[0] for each in found]
    assert counts == sorted(counts, reverse=True)  # type: ignore[type-var]


def test_buckets_hold_the_spans_of_their_time(collector: Inside, sent: list[Span]) -> None:
    wanted: dict[tuple[int, str], int] = defaultdict(int)
    for span in sent:
        wanted[span.start // MINUTE * MINUTE, ("unset", "ok", "error")[span.status_code]] += 1
    found = ask(collector, "| group status | count every 1m")
    assert {(each.time, each.keys[0]): each.values[0] for each in found} == wanted
    assert [each.time for each in found] == sorted(each.time or 0 for each in found)


def test_without_groups_there_is_one_row(collector: Inside, sent: list[Span]) -> None:
    assert ask(collector, "") == [Group(None, [], [len(sent)])]


def test_too_many_buckets_are_refused_in_words(
    collector: Inside, sent: list[Span], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanwise_collector.query.aggregate.MOST_ROWS", 10)
    with pytest.raises(InvalidParameter, match="more than 10 groups and buckets"):
        ask(collector, "| count every 1ms")
