"""One trace, whole, whenever and in whatever order its spans came."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from spanwise_collector.errors import NotFound, QueryLimit
from spanwise_collector.query import trace
from sqlalchemy import Row, Select, Table

from tests import factories
from tests.collector.inside import Inside
from tests.factories import MINUTE, START, record, span, trace_ids


def test_spans_of_one_trace_from_several_inserts_hours_apart_are_all_in_it(collector: Inside) -> None:
    trace_id, other = trace_ids(2)
    numbers = list(range(1, 9))
    spans = [span(trace_id, n, n - 1, start_time_unix_nano=START + n * 40 * MINUTE) for n in numbers]
    random.Random(1).shuffle(spans)
    requests = [factories.traces(spans[at : at + 2]) for at in (0, 2, 4, 6)]
    collector.send("whole", *requests, factories.traces([span(other)]), factories.logs([record(trace_id=trace_id)] * 3))
    found = trace.load(collector.engine, "whole", trace_id, 100)
    assert [(node.span.name, node.depth) for node in found.nodes] == [(f"span {n}", n - 1) for n in numbers]
    assert (found.span_count, found.log_count) == (8, 3)


def test_beyond_the_limit_the_earliest_are_shown_and_all_are_counted(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("limited", factories.traces([span(trace_id, n, n - 1) for n in range(1, 21)]))
    found = trace.load(collector.engine, "limited", trace_id, 7)
    assert [node.span.name for node in found.nodes] == [f"span {n}" for n in range(1, 8)]
    assert found.span_count == 20
    assert trace.load(collector.engine, "limited", trace_id, 20).span_count == 20


def test_a_trace_of_another_project_is_not_found(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("mine", factories.traces([span(trace_id)]))
    with pytest.raises(NotFound, match=f"No trace has the id {trace_id}"):
        trace.load(collector.engine, "yours", trace_id, 10)


def test_a_trace_of_which_only_records_came_says_where_they_are(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("told", factories.logs([factories.record("late", trace_id=trace_id)]))
    with pytest.raises(NotFound) as refused:
        trace.load(collector.engine, "told", trace_id, 10)
    assert str(refused.value).startswith(
        f"No span has the trace id {trace_id}, but log records carry it: search the logs for trace_id:{trace_id}."
    )


def test_where_the_records_cost_too_much_a_trace_is_still_not_found(
    collector: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    (trace_id,) = trace_ids(1)
    read, asked = collector.engine.read, []

    def limited(query: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        if any(table.name == "logs" for table in query.get_final_froms() if isinstance(table, Table)):
            asked.append(query)
            raise QueryLimit("query_seconds", "it took too long")
        return read(query)

    monkeypatch.setattr(collector.engine, "read", limited)
    with pytest.raises(NotFound, match=f"No trace has the id {trace_id}"):
        trace.load(collector.engine, "told", trace_id, 10)
    assert len(asked) == 1


def test_two_spans_of_one_id_are_both_kept(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("twice", *(factories.traces([span(trace_id, 1, name=name)]) for name in ("first", "second")))
    found = trace.load(collector.engine, "twice", trace_id, 10)
    assert sorted(node.span.name for node in found.nodes) == ["first", "second"]


def test_half_an_insert_is_not_shown_as_if_it_were_all(collector: Inside) -> None:
    """`traces` is filled after `spans`: its bounds are older for a moment, which is held here without its view."""
    (trace_id,) = trace_ids(1)
    start = {number: START + number * MINUTE for number in range(1, 7)}
    spans = [span(trace_id, n, n - 1, start_time_unix_nano=start[n], end_time_unix_nano=start[n] + 1) for n in start]
    collector.send("half", factories.traces([*spans[:2], spans[3]]))
    collector.engine.run("DETACH TABLE traces_view")
    try:
        collector.send("half", factories.traces(spans[4:]))
        beyond = trace.load(collector.engine, "half", trace_id, 100)
        collector.send("half", factories.traces([spans[2]]))
        over = trace.load(collector.engine, "half", trace_id, 100)
    finally:
        collector.engine.run("ATTACH TABLE traces_view")
    # None of what came after, or all of it.
    assert [node.span.name for node in beyond.nodes] == ["span 1", "span 2", "span 4"]
    assert [node.span.name for node in over.nodes] == [f"span {n}" for n in start]
    assert (beyond.span_count, over.span_count) == (3, 6)
