"""Clocks that disagree: worked examples, and generated traces of hosts whose clocks are turned by known amounts."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.model.resource import Resource
from spanwise_collector.model.span import CONSUMER, PRODUCER, Span
from spanwise_collector.trace.clocks import NOISE, Clock, clocks, corrections, host_of
from spanwise_collector.trace.tree import build

from tests.collector.trace.spans import span
from tests.generated import seed

MS = 1_000_000
NOW = 10**18


def on(host: str, number: int, parent: int, start: float, end: float, **fields: Any) -> Span:
    """A span of a host from one time to another, in ms since NOW."""
    resource = Resource({"host.name": host})
    times = (NOW + round(start * MS), NOW + round(end * MS))
    return span(number, parent, *times, resource=resource, **{"service": f"s-{host}"} | fields)


def estimated(*spans: Span) -> dict[str, tuple[int, int | None, str | None, int, str | None]]:
    return {
        each.host: (each.correction, each.uncertainty, each.against, each.calls, each.evidence)
        for each in clocks(build(spans))
    }


ROOT = (0, None, None, 0, None)


def test_a_callee_that_begins_before_its_caller_is_moved_into_its_middle() -> None:
    # 80 of 100 ms, from -50 to 30 by the callee's clock: that is 50 to 70 ms behind.
    assert estimated(on("a", 1, 0, 0, 100), on("b", 2, 1, -50, 30)) == {
        "a": ROOT,
        "b": (60 * MS, 10 * MS, "a", 1, "begins before its caller"),
    }


def test_a_callee_that_ends_after_its_caller_is_moved_back() -> None:
    assert estimated(on("a", 1, 0, 0, 100), on("b", 2, 1, 55, 145))["b"] == (
        -50 * MS, 5 * MS, "a", 1, "ends after its caller",
    )  # fmt: skip


def test_what_may_be_is_not_corrected() -> None:
    within = estimated(on("a", 1, 0, 0, 100), on("b", 2, 1, 10, 90))
    assert within == {"a": ROOT, "b": (0, None, "a", 1, None)}
    # Whole milliseconds, and an answer that left before the span ended.
    assert estimated(on("a", 1, 0, 0.9, 100), on("b", 2, 1, 0, 99))["b"][0] == 0
    assert estimated(on("a", 1, 0, 0, 100), on("b", 2, 1, 90, 100.9))["b"][0] == 0
    # Work that goes on: longer than its caller, or not waited for.
    assert estimated(on("a", 1, 0, 0, 10), on("b", 2, 1, 5, 50))["b"][0] == 0
    producer, consumer = on("a", 1, 0, 0, 10, kind=PRODUCER), on("b", 2, 1, 500, 505, kind=CONSUMER)
    assert estimated(producer, consumer)["b"][0] == 0
    # On one machine there is one clock.
    assert [each.host for each in clocks(build([on("a", 1, 0, 0, 9), on("a", 2, 1, -5, 4, service="x")]))] == ["a"]


def test_a_message_that_is_taken_before_it_is_sent_is_moved_by_the_least() -> None:
    producer, consumer = on("a", 1, 0, 0, 10, kind=PRODUCER), on("b", 2, 1, -30, -25, kind=CONSUMER)
    assert estimated(producer, consumer)["b"] == (30 * MS, None, "a", 1, "begins before its caller")


def test_many_calls_narrow_it_down() -> None:
    spans = [on("a", 1, 0, 0, 1000)]
    for number in range(10):
        # 500 ms behind; the network takes from 10 to 1 ms there and back.
        start, way = number * 90.0, 10.0 - number
        spans.append(on("a", 2 + 2 * number, 1, start, start + 50))
        spans.append(on("b", 3 + 2 * number, 2 + 2 * number, start + way - 500, start + 50 - way - 500))
    assert estimated(*spans)["b"] == (500 * MS, 1 * MS, "a", 10, "begins before its caller")


def test_calls_in_both_directions_count_for_the_same_pair() -> None:
    spans = (on("b", 1, 0, 0, 100), on("a", 2, 1, 210, 290), on("b", 3, 2, 20, 80))
    # `a` is 190 to 210 ms ahead by the call to it, and so by the call from it, which begins 190 ms before its caller.
    assert estimated(*spans) == {"b": ROOT, "a": (-200 * MS, 10 * MS, "b", 2, "begins before its caller")}


def test_corrections_add_up_along_the_calls() -> None:
    found = estimated(on("a", 1, 0, 0, 100), on("b", 2, 1, 1010, 1090), on("c", 3, 2, 520, 580))
    assert {host: each[0] for host, each in found.items()} == {"a": 0, "b": -1000 * MS, "c": -500 * MS}
    assert found["c"][2] == "b"


def test_one_call_that_goes_on_does_not_turn_a_clock() -> None:
    good = [
        each
        for n in range(5)
        for each in (on("a", 10 + n, 1, n * 20, n * 20 + 15), on("b", 20 + n, 10 + n, n * 20 + 5, n * 20 + 10))
    ]
    outliving = (on("a", 30, 1, 100, 115), on("b", 31, 30, 110, 122))
    assert estimated(on("a", 1, 0, 0, 200), *good, *outliving)["b"][0] == 0


def test_clocks_that_contradict_themselves_are_left_alone() -> None:
    # A clock that was set in the middle of the trace.
    spans = (on("b", 1, 0, 0, 100), on("a", 2, 1, -500, -420), on("b", 3, 2, -900, -890), on("a", 4, 1, 50, 60))
    assert estimated(*spans)["a"][0] == 0


def test_spans_without_times_and_hosts_without_calls_change_nothing() -> None:
    undated = replace(on("b", 2, 1, 0, 0), start=0, end=0)
    assert {host: each[0] for host, each in estimated(on("a", 1, 0, 0, 100), undated, on("c", 9, 8, 0, 1)).items()} == {
        "a": 0, "b": 0, "c": 0,
    }  # fmt: skip
    assert clocks([]) == []


def test_a_host_is_its_machine_before_its_instance() -> None:
    assert host_of(span(1, resource=Resource({"host.name": "n", "host.id": "i"}))) == "i"
    assert host_of(span(1, resource=Resource({"k8s.node.name": "node", "host.name": ""}))) == "node"
    assert host_of(span(1, resource=Resource({"host.name": 7}), instance="x")) == "x"
    assert host_of(span(1)) == "shop"


@st.composite
def true_traces(draw: st.DrawFn) -> list[Span]:
    """Traces by one clock: every span lies within its parent, with a network in between."""
    spans = [on("h0", 1, 0, 0, 10_000)]
    for number in range(2, draw(st.integers(2, 25))):
        parent = draw(st.sampled_from(spans))
        room = parent.duration // 4
        start, end = parent.start + draw(st.integers(0, room)), parent.end - draw(st.integers(0, room))
        host = draw(st.sampled_from(("h0", "h1", "h2", "h3")))
        spans.append(replace(on(host, number, 0, 0, 1), parent_span_id=parent.span_id, start=start, end=end))
    return spans


turns = st.lists(st.integers(-60_000 * MS, 60_000 * MS), min_size=4, max_size=4)


def turned(spans: list[Span], by: list[int]) -> list[Span]:
    ahead = {f"h{number}": each for number, each in enumerate(by)}
    return [
        replace(each, start=each.start + ahead[host_of(each)], end=each.end + ahead[host_of(each)]) for each in spans
    ]


def corrected(spans: list[Span], found: list[Clock]) -> list[Span]:
    by = corrections(found)
    return [replace(each, start=each.start + by[host_of(each)], end=each.end + by[host_of(each)]) for each in spans]


@given(true_traces())
def test_of_clocks_that_agree_nothing_is_corrected(spans: list[Span]) -> None:
    found = clocks(build(spans))
    assert {each.correction for each in found} == {0}
    assert sum(each.span_count for each in found) == len(spans)


@given(true_traces(), turns)
def test_turned_clocks_are_found_within_the_error_that_is_told(spans: list[Span], by: list[int]) -> None:
    found = {each.host: each for each in clocks(build(turned(spans, by)))}
    ahead = {f"h{number}": each for number, each in enumerate(by)}
    for each in found.values():
        if each.against is not None and each.uncertainty is not None:
            truth = ahead[each.against] - ahead[each.host]
            assert abs(each.correction - found[each.against].correction - truth) <= each.uncertainty + 1


@given(true_traces(), turns)
def test_after_the_correction_nobody_begins_before_the_caller_that_was_held_against(
    spans: list[Span], by: list[int]
) -> None:
    wrong = turned(spans, by)
    found = clocks(build(wrong))
    against = {each.host: each.against for each in found}
    for node in build(corrected(wrong, found)):
        if node.parent is None:
            continue
        caller, callee = host_of(node.parent.span), host_of(node.span)
        if against[callee] == caller or against[caller] == callee:
            assert node.span.start >= node.parent.span.start - NOISE - 1


@given(true_traces(), turns)
def test_the_order_of_the_spans_makes_no_difference(spans: list[Span], by: list[int]) -> None:
    wrong = turned(spans, by)
    first = clocks(build(wrong))
    random.Random(seed()).shuffle(wrong)
    assert clocks(build(wrong)) == first
