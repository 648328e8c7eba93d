"""Trees laid over each other: worked examples, and what must hold of any."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.model.span import Span
from spanwise_collector.trace.call_tree import Calls, Spot, merged
from spanwise_collector.trace.tree import build

from tests.collector.trace.spans import span
from tests.generated import seed


def shown(spots: list[Spot]) -> list[tuple[Any, ...]]:
    return [
        (f"{'  ' * spot.depth}{spot.service} {spot.operation}", spot.parent, spot.calls["a"], spot.calls["b"])
        for spot in spots
    ]


def test_spans_with_the_same_calls_above_them_are_one_place() -> None:
    one = build(
        [
            span(1, 0, 0, 100, name="GET", service="shop"),
            span(2, 1, 10, 40, name="find", service="stock"),
            span(3, 1, 50, 70, name="find", service="stock", status_code=2),
            span(4, 3, 55, 60, name="SELECT", service="stock"),
        ]
    )
    other = build(
        [
            span(1, 0, 0, 90, name="GET", service="shop", status_code=2),
            span(2, 1, 10, 80, name="charge", service="pay", status_code=2),
        ]
    )
    assert shown(merged({"a": [one[0]], "b": [other[0], other[0]]})) == [
        ("shop GET", None, {0: Calls(1, 100, 50, 0, 0)}, {0: Calls(1, 90, 20, 1, 0), 1: Calls(1, 90, 20, 1, 0)}),
        ("  pay charge", 0, {}, {0: Calls(1, 70, 70, 1, 1), 1: Calls(1, 70, 70, 1, 1)}),
        ("  stock find", 0, {0: Calls(2, 50, 45, 1, 1)}, {}),
        ("    stock SELECT", 2, {0: Calls(1, 5, 5, 0, 0)}, {}),
    ]


def test_the_same_operation_below_another_call_is_another_place() -> None:
    tree = build(
        [
            span(1, 0, 0, 100, name="GET"),
            span(2, 1, 0, 50, name="read"),
            span(3, 2, 0, 20, name="read"),
            span(4, 1, 50, 90, name="write"),
            span(5, 4, 50, 60, name="read"),
        ]
    )
    assert [row[:2] for row in shown(merged({"a": [tree[0]], "b": []}))] == [
        ("shop GET", None),
        ("  shop read", 0),
        ("    shop read", 1),
        ("  shop write", 0),
        ("    shop read", 3),
    ]


def test_a_deep_chain_and_a_wide_fan_need_no_recursion() -> None:
    deep = build([span(n, n - 1, n, 200_000 - n, name=f"{n % 3}") for n in range(1, 20_001)])
    wide = build([span(1, 0, 0, 30_000), *(span(n, 1, n, n + 1, name="call") for n in range(2, 20_001))])
    spots = merged({"a": [deep[0]], "b": [wide[0]]})
    assert len(spots) == 20_000 + 1
    assert spots[-2].depth == 19_999
    assert spots[-1].calls["b"] == {0: Calls(19_999, 19_999, 19_999, 0, 0)}


@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from("xyz"), st.sampled_from(("s", "t"))), max_size=30))
def test_every_span_is_counted_once_in_any_order(drawn: list[tuple[int, str, str]]) -> None:
    spans: list[Span] = [span(1, 0, 0, 10**6)]
    for number, (place, name, service) in enumerate(drawn, 2):
        spans.append(span(number, 1 + place % (number - 1), place, place + number, name=name, service=service))
    first = shown(merged({"a": [build(spans)[0]], "b": []}))
    assert sum(calls[0].count for _, _, calls, _ in first) == len(spans)
    assert sum(calls[0].duration for _, _, calls, _ in first) == sum(each.duration for each in spans)
    random.Random(seed()).shuffle(spans)
    assert shown(merged({"a": [build(spans)[0]], "b": []})) == first
