"""The critical path: examples worked by hand, and a slow definition that asks what would have ended earlier."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spanwise_collector.model.span import CLIENT, CONSUMER, PRODUCER, SERVER, Span
from spanwise_collector.trace.critical_path import critical_path, handed_over
from spanwise_collector.trace.tree import Node, build

from tests.collector.trace.spans import span


def path(*spans: Span) -> dict[str, list[tuple[int, int]]]:
    nodes = build(spans)
    return {nodes[index].span.name: sections for index, sections in critical_path(nodes).items()}


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([span(1, 0, 5, 100)], {"1": [(5, 100)]}, id="one span is all of it"),
        pytest.param(
            [span(1, 0, 0, 100), span(2, 1, 10, 40), span(3, 1, 50, 90)],
            {"1": [(0, 10), (40, 50), (90, 100)], "2": [(10, 40)], "3": [(50, 90)]},
            id="serial: one after the other",
        ),
        pytest.param(
            [span(1, 0, 0, 100), span(2, 1, 10, 40), span(3, 1, 10, 90)],
            {"1": [(0, 10), (90, 100)], "3": [(10, 90)]},
            id="parallel: only the one that ended last",
        ),
        pytest.param(
            [span(1, 0, 0, 110), span(2, 1, 0, 60), span(3, 1, 40, 100)],
            {"1": [(0, 40), (100, 110)], "3": [(40, 100)]},
            id="overlapping: nobody waited for the first",
        ),
        pytest.param(
            [span(1, 0, 0, 100), span(2, 1, 40, 150), span(3, 2, 50, 140)],
            {"1": [(0, 40)], "2": [(40, 50)], "3": [(50, 100)]},
            id="outliving: clipped to the parent, and so is what lies below",
        ),
        pytest.param(
            [span(1, 0, 0, 100), span(2, 1, -20, 30)], {"1": [(30, 100)], "2": [(0, 30)]}, id="skewed: began before"
        ),
        pytest.param([span(1, 0, 0, 100), span(2, 1, 120, 130)], {"1": [(0, 100)]}, id="began after the parent's end"),
        pytest.param(
            [span(1, 0, 0, 100), span(2, 1, 10, 20), span(3, 1, 10, 20)],
            {"1": [(0, 10), (20, 100)], "2": [(10, 20)]},
            id="two alike: the first",
        ),
        pytest.param(
            [
                span(1, 0, 0, 100),
                span(2, 1, 10, 20, kind=PRODUCER),
                span(3, 2, 15, 90, kind=CONSUMER, service="mail"),
                span(4, 2, 12, 18, kind=CLIENT),
            ],
            {"1": [(0, 10), (20, 100)], "2": [(10, 12), (18, 20)], "4": [(12, 18)]},
            id="asynchronous: the sending counts, the consumer does not",
        ),
        pytest.param(
            [span(1, 0, 0, 100), span(2, 1, 10, 90), span(3, 2, 20, 30), span(4, 2, 30, 80), span(5, 4, 30, 70)],
            {"1": [(0, 10), (90, 100)], "2": [(10, 20), (80, 90)], "3": [(20, 30)], "4": [(70, 80)], "5": [(30, 70)]},
            id="nested",
        ),
        pytest.param(
            [span(2, 9, 0, 10), span(3, 8, 20, 60)], {"3": [(20, 60)]}, id="no root has come: the longest part"
        ),
        pytest.param(
            [span(1, 0, 0, 50), span(3, 8, 20, 90)], {"1": [(0, 50)]}, id="a part whose parent is missing is left out"
        ),
        pytest.param([span(1, 0, 5, 0)], {}, id="unfinished"),
        pytest.param([], {}, id="nothing"),
    ],
)
def test_worked_by_hand(spans: list[Span], expected: dict[str, list[tuple[int, int]]]) -> None:
    assert path(*spans) == expected


def test_a_server_below_a_producer_of_its_own_service_is_still_handed_over() -> None:
    nodes = build([span(1, 0, 0, 9, kind=PRODUCER), span(2, 1, 1, 5, kind=SERVER)])
    assert [handed_over(node) for node in nodes] == [False, True]


def test_a_deep_chain_and_a_wide_fan_need_no_recursion() -> None:
    size = 5_000
    chain = [span(n, n - 1, n, 3 * size - n) for n in range(1, size)]
    fan = [span(size + n, size - 1, 2 * n + size, 2 * n + size + 1) for n in range(200)]
    sections = path(*chain, *fan)
    assert sum(end - start for each in sections.values() for start, end in each) == 3 * size - 2


class Replay:
    """The trace run again with who waited for whom unchanged, and one nanosecond of one span's own work taken out."""

    def __init__(self, shortened: Node | None, moment: int) -> None:
        self.shortened, self.moment = shortened, moment

    def took(self, node: Node, start: int, end: int) -> int:
        """How long the span takes now; children are clipped to it."""
        children = [
            (max(child.span.start, start), min(child.span.end, end), child)
            for child in node.children
            if not handed_over(child) and max(child.span.start, start) < min(child.span.end, end)
        ]
        ended_now: dict[int, int] = {}

        def moment_now(then: int) -> int:
            """When what happened at `then` happens now: after the child that had ended last by then."""
            before = [each for each in children if each[1] <= then]
            last = max(before, key=lambda each: each[1], default=None)
            since = start if last is None else last[1]
            gap = then - since - (self.shortened is node and since <= self.moment < then)
            return (0 if last is None else ended_now[id(last[2])]) + gap

        for began, ended, child in sorted(children, key=lambda each: each[0]):
            ended_now[id(child)] = moment_now(began) + self.took(child, began, ended)
        return moment_now(end)


spans_of_a_trace = st.lists(
    st.tuples(
        st.integers(0, 100), st.integers(0, 25), st.integers(0, 20), st.sampled_from([1, 1, 1, CLIENT, PRODUCER, 5])
    ),
    max_size=9,
)


@given(st.integers(0, 25), spans_of_a_trace)
@settings(max_examples=300, deadline=None)
def test_the_path_is_every_nanosecond_without_which_the_root_would_have_ended_earlier(
    length: int, below: list[tuple[int, int, int, Any]]
) -> None:
    spans = [span(1, 0, 0, length)]
    for number, (parent, start, duration, kind) in enumerate(below, 2):
        spans.append(span(number, 1 + parent % (number - 1), start, start + duration, kind=kind))
    nodes = build(spans)
    root = next(node for node in nodes if node.span.name == "1")
    needed = {
        (node.span.name, moment)
        for node in nodes
        for moment in range(length)
        if Replay(node, moment).took(root, 0, length) < length
    }
    found = {
        (name, moment) for name, each in path(*spans).items() for start, end in each for moment in range(start, end)
    }
    assert found == needed
    assert len(found) == length
