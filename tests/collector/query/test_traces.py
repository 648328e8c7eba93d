"""The list of traces against its plain definition (corpus.py), over generated spans."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from spanwise_collector.errors import QueryLimit
from spanwise_collector.model.summary import TraceSummary
from spanwise_collector.query import traces
from spanwise_collector.query.language.parse import parse
from spanwise_collector.query.times import MAX_TIME
from spanwise_collector.query.traces import TraceSearch

from tests import factories
from tests.collector.inside import Inside
from tests.collector.query.corpus import (
    EVERY_SPAN,
    HOURS,
    LAST,
    NAMES,
    RESOURCES,
    SERVICES,
    VALUES,
    Corpus,
    SpanFilter,
    generate,
)
from tests.contract.query_definition import text_of
from tests.factories import MINUTE, START, span, trace_ids
from tests.generated import seed

PROJECT = "generated traces"
SEARCHES = 40


@pytest.fixture(scope="module")
def corpus(collector: Inside) -> Corpus:
    made = generate(random.Random(seed()), 100, 3)
    collector.send(PROJECT, *made.requests())
    return made


def walk(collector: Inside, search: TraceSearch) -> list[TraceSummary]:
    """Every page to the end; what a page says of itself must be true."""
    found: list[TraceSummary] = []
    while True:
        page = traces.search(collector.engine, search)
        found += page.items
        assert len(page.items) <= search.limit
        if page.reason == "end":
            assert page.next_cursor is None
            assert (page.total, page.total_relation) == (len(page.items), "gte" if search.cursor else "eq")
            return found
        assert (len(page.items), page.total_relation) == (search.limit, "gte")
        assert page.total > search.limit
        search = replace(search, cursor=page.next_cursor)


def filters(chance: random.Random) -> SpanFilter:
    keys = [(key, value) for group in (VALUES, RESOURCES) for key, values in group.items() for value in values]
    texts = [(key, text_of(value)) for key, value in keys]
    durations = [0, 1, 1000, 10**6, 10**9, 10**10]
    return SpanFilter(
        service=chance.choice([None, None, *SERVICES]),
        operation=chance.choice([None, None, None, *NAMES]),
        status_code=chance.choice([None, None, 0, 1, 2]),
        min_duration=chance.choice([None, None, *durations]),
        max_duration=chance.choice([None, None, None, *durations]),
        attributes=tuple(chance.sample(texts, chance.choice([0, 0, 1, 1, 2]))),
    )


@pytest.mark.parametrize("tried", [1, 100])
def test_every_search_finds_what_its_plain_definition_finds(
    collector: Inside, corpus: Corpus, tried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How many of the slowest traces are asked first; no fewer than a page, of which the least here has nine.
    monkeypatch.setattr(traces, "_TRIED", tried)
    chance = random.Random(seed())
    times = [each.wire.start_time_unix_nano for each in corpus.spans]
    for _ in range(SEARCHES):
        one, other = chance.choice(times) + chance.randint(-1, 1), chance.choice([START, *times])
        start, end = (0, MAX_TIME) if chance.random() < 0.4 else (min(one, other), max(one, other) + 1)
        wanted = filters(chance) if chance.random() < 0.8 else EVERY_SPAN
        search = TraceSearch(
            PROJECT,
            start,
            end,
            wanted.where(),
            chance.choice(["newest", "slowest"]),
            chance.choice([9, 30, 1000]),
        )
        assert walk(collector, search) == corpus.find(wanted, start, end, search.sort), search


@pytest.mark.parametrize("sort", ["newest", "slowest"])
def test_pages_of_one_hold_every_trace_once(collector: Inside, corpus: Corpus, sort: str) -> None:
    search = TraceSearch(PROJECT, START, START + HOURS * MINUTE, EVERY_SPAN.where(), sort, 1)  # type: ignore[arg-type]
    assert walk(collector, search) == corpus.find(EVERY_SPAN, START, START + HOURS * MINUTE, sort)


def test_another_project_has_none_of_it(collector: Inside, corpus: Corpus) -> None:
    assert walk(collector, TraceSearch("nobody's", 0, MAX_TIME)) == []
    assert walk(collector, TraceSearch("nobody's", 0, MAX_TIME, SpanFilter(service="api").where())) == []


def at(minutes: int) -> dict[str, int]:
    start = START + minutes * MINUTE
    return {"start_time_unix_nano": start, "end_time_unix_nano": start + 1000}


def test_a_filter_finds_a_trace_by_a_span_that_came_late_and_lies_long_after_its_start(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    first = factories.traces([span(trace_id, 1, **at(0))], "early")
    late = factories.traces([span(trace_id, 2, 1, **at(50))], "late")
    collector.send("late", first, late)
    for sort in ("newest", "slowest"):
        for end in (MAX_TIME, START + 10 * MINUTE):
            search = TraceSearch("late", START, end, SpanFilter(service="late").where(), sort)
            assert [each.trace_id for each in walk(collector, search)] == [trace_id], (sort, end)


def test_a_trace_that_began_before_the_range_is_not_in_it(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("before", *(factories.traces([span(trace_id, n, **at(n))]) for n in (1, 3, 60)))
    for start in (START + 2 * MINUTE, START + 59 * MINUTE):
        assert walk(collector, TraceSearch("before", start, MAX_TIME)) == []
        assert walk(collector, TraceSearch("before", start, MAX_TIME, SpanFilter(service="shop").where())) == []


def test_traces_that_arrive_while_a_list_is_walked_move_nothing(collector: Inside) -> None:
    before, during = trace_ids(6), trace_ids(3)
    collector.send("walked", factories.traces([span(each, **at(n)) for n, each in enumerate(before)]))
    page = traces.search(collector.engine, TraceSearch("walked", 0, MAX_TIME, limit=2))
    found = page.items
    for number, trace_id in enumerate(during):
        collector.send("walked", factories.traces([span(trace_id, **at(100 + number))]))
        page = traces.search(collector.engine, TraceSearch("walked", 0, MAX_TIME, limit=2, cursor=page.next_cursor))
        found += page.items
        if page.next_cursor is None:
            break
    assert [each.trace_id for each in found] == before[::-1]


def test_the_slowest_come_first_by_all_their_spans_those_after_the_range_included(collector: Inside) -> None:
    short, long = trace_ids(2)
    collector.send(
        "slow",
        factories.traces([span(long, 1, **at(0)), span(short, 1, **at(1)), span(short, 2, **at(2))]),
        factories.traces([span(long, 2, 1, **at(30))]),
    )
    search = TraceSearch("slow", START, START + 5 * MINUTE, EVERY_SPAN.where(), "slowest", 1)
    assert [each.trace_id for each in walk(collector, search)] == [long, short]


def test_a_range_that_reaches_past_all_spans_ends(collector: Inside) -> None:
    assert walk(collector, TraceSearch(PROJECT, LAST + 600 * MINUTE, MAX_TIME)) == []


def test_who_is_below_whom_is_not_asked_of_more_spans_than_the_setting_allows(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("many below", factories.traces([span(trace_id, n, n - 1) for n in range(1, 6)]))
    where = parse("{ } > { }", "traces").where
    asked = TraceSearch("many below", 0, MAX_TIME, where, structure_spans=5)
    assert [each.trace_id for each in traces.search(collector.engine, asked).items] == [trace_id]
    with pytest.raises(QueryLimit, match=r"1 traces with more than 4 spans together \(the setting structure_spans\)"):
        traces.search(collector.engine, replace(asked, structure_spans=4))
