"""Gaps: what no span tells of, by examples worked by hand and by a definition that asks for each nanosecond."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spanwise_collector.model.span import CLIENT, CONSUMER, PRODUCER, SERVER, Event, Span
from spanwise_collector.trace.critical_path import handed_over
from spanwise_collector.trace.gaps import LEAST, MOST, Gap, gaps_of, least_gap, longest_gaps
from spanwise_collector.trace.tree import Node, build
from spanwise_collector.trace.waits import DURATION, EVENT, FOR

from tests.collector.trace.spans import span


def wait(what: str, start: int, end: int) -> Event:
    return Event(time=end, name=EVENT, attributes={FOR: what, DURATION: end - start})


def found(spans: Iterable[Span], least: int = 10) -> list[Gap]:
    return [gap for node in build([*spans]) for gap in gaps_of(node, least)]


def told(spans: Iterable[Span], least: int = 10) -> list[tuple[str, int, int, str]]:
    return [(gap.node.span.name, gap.start, gap.end, gap.kind) for gap in found(spans, least)]


QUERY = {"db.system.name": "postgresql"}


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param(
            [span(1, 0, 0, 100, kind=SERVER), span(2, 1, 10, 40), span(3, 1, 45, 60)],
            [("1", 0, 10, "not instrumented"), ("1", 60, 100, "not instrumented")],
            id="before and after the children, and not the five between them",
        ),
        pytest.param([span(1, 0, 0, 100, kind=SERVER)], [("1", 0, 100, "not instrumented")], id="a server without any"),
        pytest.param([span(1, 0, 0, 100)], [], id="a span inside of a service tells of itself"),
        pytest.param(
            [span(1, 0, 0, 100, kind=CLIENT), span(2, 1, 30, 80, kind=SERVER, service="cart")],
            [("1", 0, 30, "network"), ("1", 80, 100, "network"), ("2", 30, 80, "not instrumented")],
            id="a call: client less server",
        ),
        pytest.param(
            [span(1, 0, 0, 100), span(2, 1, 30, 80, service="cart")],
            [("1", 0, 30, "network"), ("1", 80, 100, "network")],
            id="a call without kinds",
        ),
        pytest.param(
            [span(1, 0, 0, 90, kind=CLIENT), span(2, 1, 10, 30, service="cart"), span(3, 1, 60, 80, service="cart")],
            [("1", 0, 10, "network"), ("1", 30, 60, "not instrumented"), ("1", 80, 90, "network")],
            id="a call that was answered twice",
        ),
        pytest.param(
            [span(1, 0, 0, 100, kind=CLIENT)], [("1", 0, 100, "not instrumented")], id="a call that nobody tells of"
        ),
        pytest.param([span(1, 0, 0, 100, kind=CLIENT, attributes=QUERY)], [], id="a query: databases send no spans"),
        pytest.param(
            [span(1, 0, 0, 20, kind=PRODUCER), span(2, 1, 60, 90, kind=CONSUMER, service="mail")],
            [("2", 20, 60, "queue"), ("2", 60, 90, "not instrumented")],
            id="a message: from the sender's end to the taker's start",
        ),
        pytest.param(
            [span(1, 0, 0, 20, kind=PRODUCER), span(2, 1, 15, 90, kind=CONSUMER, service="mail")],
            [("2", 15, 90, "not instrumented")],
            id="a message that was taken before its sender had ended",
        ),
        pytest.param(
            [span(1, 0, 0, 20), span(2, 1, 60, 90)], [("2", 20, 60, "not instrumented")], id="a task begun afterwards"
        ),
        pytest.param(
            [span(1, 0, 0, 20, kind=CLIENT), span(2, 1, 60, 65, kind=SERVER, service="cart")],
            [("1", 0, 20, "network"), ("2", 20, 60, "queue")],
            id="served after the caller had given up",
        ),
        pytest.param(
            [span(1, 0, 0, 100, events=(wait("connection", 5, 30), wait("thread", 40, 55))), span(2, 1, 30, 40)],
            [
                ("1", 5, 30, "pool"),
                ("1", 40, 55, "pool"),
                ("1", 55, 100, "not instrumented"),
            ],
            id="waits cut the time that no child covers",
        ),
        pytest.param(
            [span(1, 0, 0, 100, events=(wait("connection", -9, 60), wait("lock", 20, 80))), span(2, 1, 30, 40)],
            [("1", 0, 30, "pool"), ("1", 40, 60, "pool"), ("1", 60, 80, "lock"), ("1", 80, 100, "not instrumented")],
            id="waits that overlap: the first; and none where a child tells",
        ),
        pytest.param(
            [span(1, 0, 0, 100, events=(wait("gc", 0, 20), wait("a semaphore", 20, 50)))],
            [("1", 0, 20, "gc"), ("1", 20, 50, "other wait")],
            id="waits of a span without children",
        ),
        pytest.param(
            [span(1, 0, 0, 100, kind=SERVER, events=(wait("event loop", 60, 100),)), span(2, 1, 40, 90)],
            [("1", 0, 40, "event loop"), ("1", 90, 100, "event loop")],
            id="a loop that was blocked for about as long as no span tells",
        ),
        pytest.param(
            [span(1, 0, 0, 100, kind=SERVER, events=(wait("event loop", 90, 100),)), span(2, 1, 50, 100)],
            [("1", 0, 50, "not instrumented")],
            id="a loop that was blocked for less",
        ),
        pytest.param(
            [span(1, 0, 0, 100, kind=SERVER, events=(wait("event loop", 0, 100),)), span(2, 1, 20, 100)],
            [("1", 0, 20, "not instrumented")],
            id="a loop that was blocked for much longer: under the children",
        ),
        pytest.param([span(1, 0, 50, 0, kind=SERVER), span(2, 1, 90, 95)], [], id="not ended"),
        pytest.param([span(1, 0, 50, 20, kind=SERVER), span(2, 1, 55, 60)], [], id="ends before it starts"),
        pytest.param([span(1, 0, 5, 5, kind=SERVER)], [], id="no time at all"),
        pytest.param([span(1, 9, 0, 50, kind=SERVER)], [("1", 0, 50, "not instrumented")], id="its parent is missing"),
        pytest.param(
            [span(1, 2, 0, 50, kind=SERVER), span(2, 1, 10, 50)], [("1", 0, 10, "not instrumented")], id="a circle"
        ),
    ],
)
def test_worked_by_hand(spans: list[Span], expected: list[tuple[str, int, int, str]]) -> None:
    assert told(spans) == expected
    assert told(reversed(spans)) == expected


def reasons(*spans: Span) -> list[str]:
    return [gap.reason for gap in found(spans)]


def test_a_gap_says_between_what_it_lies_and_who_is_meant() -> None:
    assert reasons(span(1, 0, 0, 90, kind=SERVER), span(2, 1, 10, 40, name="a" * 99), span(3, 1, 50, 80)) == [
        f"No span tells what shop did before {'a' * 79}….",
        f"No span tells what shop did after {'a' * 79}… and before 3.",
        "No span tells what shop did after 3.",
    ]
    call = [span(1, 0, 0, 100, kind=CLIENT), span(2, 1, 30, 130, name="", kind=SERVER, service="cart")]
    assert reasons(*call, span(3, 2, 30, 130)) == [
        "Between the call and the start of cart's span: the network, or its queue."
        " Their clocks disagree: it may lie on the other side."
    ]
    assert reasons(span(1, 0, 0, 50, events=(wait("a semaphore", 0, 50),))) == ["It waited for a semaphore."]


def test_a_threshold_is_a_share_of_the_trace_and_never_less_than_a_millisecond() -> None:
    assert (least_gap(0), least_gap(50 * LEAST), least_gap(3_000 * LEAST)) == (LEAST, LEAST, 30 * LEAST)


def test_the_longest_are_told_and_all_counted_and_none_outside_of_the_trace() -> None:
    many = [span(number, 0, 0, LEAST + number, kind=SERVER) for number in range(1, MOST + 50)]
    broken = span(999, 0, 50 * LEAST, 80 * LEAST, kind=SERVER)
    gaps, count = longest_gaps(build([*many, broken]), 0, 2 * LEAST)
    assert count == MOST + 49
    assert [gap.node.span.name for gap in gaps] == [str(MOST + 49 - n) for n in range(MOST)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_deep_chain_and_a_wide_fan_are_walked_without_recursion(seed: int) -> None:
    size = 20_000
    chain = [span(n, n - 1, n * seed, 9 * size - n) for n in range(1, size)]
    wide = 2 * size * seed
    fan = [span(size + n, 1, wide + 2 * n, wide + 2 * n + 1, name="") for n in range(size)]
    gaps, count = longest_gaps(build([*chain, *fan]), 0, 9 * size)
    assert (gaps, count) == ([], 0)


def plainly(node: Node, least: int) -> list[tuple[int, int, str]]:
    """The gaps of one span by what is to be said of each of its nanoseconds."""
    span, parent = node.span, node.parent
    runs: list[tuple[int, int, str]] = []
    if parent is not None and parent.span.end and span.start - max(parent.span.start, parent.span.end) >= least:
        other = handed_over(node) or span.service != parent.span.service or span.kind == SERVER
        kind = "queue" if other else "not instrumented"
        runs.append((max(parent.span.start, parent.span.end), span.start, kind))
    waits = sorted(
        (event.time - int(str(event.attributes[DURATION])), event.time, str(event.attributes[FOR]))
        for event in span.events
    )
    labels: list[tuple[int, object]] = []
    for moment in range(span.start, span.end):
        if any(child.span.start <= moment < child.span.end for child in node.children):
            labels.append((moment, None))
            continue
        mine = [each for each in waits if each[0] <= moment < each[1]]
        labels.append((moment, mine[0] if mine else "unnamed"))
    for label, run in groupby(labels, key=lambda each: each[1]):
        moments = [moment for moment, _ in run]
        first, last = moments[0], moments[-1] + 1
        if label is None or last - first < least:
            continue
        kind = _unnamed(node, first, last) if label == "unnamed" else "pool"
        if kind:
            runs.append((first, last, kind))
    return runs


def _unnamed(node: Node, first: int, last: int) -> str:
    span = node.span
    waited_for = [child for child in node.children if not handed_over(child)]
    called = [child.span for child in waited_for if child.span.service != span.service or child.span.kind == SERVER]
    if called and (span.kind == CLIENT or len(waited_for) == 1):
        before = all(each.start >= last for each in called)
        after = all(each.end <= first for each in called)
        return "network" if before or after else "not instrumented"
    within = any(child.span.start < span.end and child.span.end > span.start for child in waited_for)
    tells = span.kind in (CLIENT, SERVER, CONSUMER) or within
    return "not instrumented" if tells else ""


spans_of_a_trace = st.lists(
    st.tuples(
        st.integers(0, 100),
        st.integers(0, 30),
        st.integers(-3, 25),
        st.sampled_from([1, 1, SERVER, CLIENT, PRODUCER, CONSUMER]),
        st.sampled_from(["shop", "cart"]),
        st.lists(
            st.tuples(st.integers(0, 30), st.integers(1, 12), st.sampled_from(["connection", "thread"])), max_size=3
        ),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@given(spans_of_a_trace, st.integers(1, 6))
@settings(max_examples=400, deadline=None)
def test_gaps_are_the_nanoseconds_of_which_nothing_tells(
    given_spans: list[tuple[int, int, int, int, str, Any]], least: int
) -> None:
    spans = [
        span(
            number, parent % number, start, start + duration, kind=kind, service=service,
            events=tuple(wait(what, at, at + lasts) for at, lasts, what in waits),
        )
        for number, (parent, start, duration, kind, service, waits) in enumerate(given_spans, 1)
    ]  # fmt: skip
    for node in build(spans):
        gaps = [(gap.start, gap.end, gap.kind) for gap in gaps_of(node, least)]
        assert gaps == plainly(node, least)


@given(spans_of_a_trace, st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_does_not_matter(
    given_spans: list[tuple[int, int, int, int, str, Any]], random: Any
) -> None:
    spans = [
        span(number, parent % number, start, start + duration, kind=kind, service=service)
        for number, (parent, start, duration, kind, service, _) in enumerate(given_spans, 1)
    ]
    shuffled = random.sample(spans, len(spans))
    assert [(gap.start, gap.end, gap.reason) for gap in found(spans, 2)] == [
        (gap.start, gap.end, gap.reason) for gap in found(shuffled, 2)
    ]


def test_what_lies_beside_a_wait_is_told_by_it() -> None:
    waits = (wait("connection", 30, 50), wait("disk", 70, 80))
    spans = [span(1, 0, 0, 200, kind=SERVER, name="get", events=waits), span(2, 1, 100, 180, name="render")]
    assert [(gap.start, gap.end, gap.reason) for gap in found(spans)] == [
        (0, 30, "No span tells what shop did before it waited for a connection."),
        (30, 50, "It waited for a connection."),
        (
            50,
            70,
            "No span tells what shop did after it had waited for a connection and before it waited for disk.",
        ),
        (70, 80, "It waited for disk."),
        (80, 100, "No span tells what shop did after it had waited for disk and before render."),
        (180, 200, "No span tells what shop did after render."),
    ]


def test_a_child_of_no_length_is_no_neighbour() -> None:
    (gap,) = found([span(1, 0, 0, 100, kind=SERVER), span(2, 1, 50, 50)])
    assert (gap.start, gap.end, gap.reason) == (0, 100, "No span tells what shop did in this time.")
