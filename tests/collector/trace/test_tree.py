"""The tree of a trace: worked examples, and laws that hold for any spans in any order."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from spanwise_collector.model.span import CLIENT, SERVER, Span
from spanwise_collector.trace.tree import Node, build

from tests.collector.trace.spans import drawn, span

CIRCLE = "This span's ancestors form a circle; it is shown as a root because it is the earliest of them."
OWN_PARENT = "This span names itself as its parent; it is shown as a root."


def warned(nodes: list[Node]) -> dict[str, list[str]]:
    return {node.span.name: node.warnings for node in nodes if node.warnings}


def test_a_trace_of_no_spans_has_no_nodes() -> None:
    assert build([]) == []


def test_children_follow_their_parent_in_the_order_of_their_starts() -> None:
    nodes = build([span(4, 2, 3), span(3, 1, 5), span(1), span(2, 1, 2), span(5, 2, 1)])
    assert drawn(nodes) == ["1", "  2", "    5", "    4", "  3"]
    assert [(node.span.name, len(node.children), node.descendant_count) for node in nodes] == [
        ("1", 2, 4),
        ("2", 2, 2),
        ("5", 0, 0),
        ("4", 0, 0),
        ("3", 0, 0),
    ]


def test_of_two_that_start_together_the_longer_one_comes_first_then_the_lower_id() -> None:
    nodes = build([span(1), span(4, 1, 2, 5), span(3, 1, 2, 5), span(2, 1, 2, 9)])
    assert drawn(nodes) == ["1", "  2", "  3", "  4"]


def test_a_span_whose_parent_did_not_arrive_is_a_root_that_says_so_and_keeps_its_children() -> None:
    nodes = build([span(1, start=5), span(2, 99, 1), span(3, 2, 2), span(4, 98, 7)])
    assert drawn(nodes) == ["2 ?", "  3", "1", "4 ?"]
    assert warned(nodes) == {}


def test_several_roots_stand_in_the_order_of_their_starts() -> None:
    assert drawn(build([span(1, start=9), span(2, start=3), span(3, 1, 9)])) == ["2", "1", "  3"]


def test_a_span_that_is_its_own_parent_is_a_root_with_a_warning() -> None:
    nodes = build([span(1, 1), span(2, 1, 1)])
    assert drawn(nodes) == ["1", "  2"]
    assert warned(nodes) == {"1": [OWN_PARENT]}


def test_a_circle_of_two_is_cut_above_the_earlier_one() -> None:
    nodes = build([span(1, 2, 5), span(2, 1, 3)])
    assert drawn(nodes) == ["2", "  1"]
    assert warned(nodes) == {"2": [CIRCLE]}
    assert [node.descendant_count for node in nodes] == [1, 0]


def test_what_hangs_on_a_circle_stays_where_it_hangs() -> None:
    nodes = build([span(1, 3, 1), span(2, 1, 2), span(3, 2, 3), span(4, 2, 0), span(5, 4, 9)])
    assert drawn(nodes) == ["1", "  2", "    4", "      5", "    3"]
    assert warned(nodes) == {"1": [CIRCLE]}


def test_two_circles_are_each_cut_once() -> None:
    nodes = build([span(1, 2, 1), span(2, 1, 2), span(3, 4, 3), span(4, 3, 4)])
    assert drawn(nodes) == ["1", "  2", "3", "  4"]
    assert warned(nodes) == {"1": [CIRCLE], "3": [CIRCLE]}


def test_a_server_span_stands_below_the_client_span_whose_id_it_shares() -> None:
    nodes = build(
        [
            span(2, 1, 2, name="server", kind=SERVER),
            span(1, name="root"),
            span(2, 1, 1, name="client", kind=CLIENT),
            span(3, 2, 3, name="query"),
        ]
    )
    assert drawn(nodes) == ["root", "  client", "    server", "      query"]
    assert warned(nodes) == {}


def test_a_shared_root_pair_stands_client_first_even_where_the_servers_clock_is_behind() -> None:
    nodes = build([span(1, 0, 5, name="client", kind=CLIENT), span(1, 0, 1, name="server", kind=SERVER)])
    assert drawn(nodes) == ["client", "  server"]


def test_a_shared_pair_whose_parent_is_missing_says_so_at_the_client_only() -> None:
    nodes = build([span(2, 9, 1, name="client", kind=CLIENT), span(2, 9, 2, name="server", kind=SERVER)])
    assert drawn(nodes) == ["client ?", "  server"]


def test_other_spans_of_one_id_stand_beside_each_other_and_say_so() -> None:
    nodes = build([span(1), span(2, 1, 1, name="a"), span(2, 1, 2, name="b"), span(3, 2, 3)])
    assert drawn(nodes) == ["1", "  a", "    3", "  b"]
    warning = "2 spans of this trace have the id 0000000000000002."
    assert warned(nodes) == {"a": [warning], "b": [warning]}


def test_one_client_and_two_servers_of_an_id_are_all_kept_below_the_client() -> None:
    nodes = build(
        [
            span(1, name="client", kind=CLIENT),
            span(1, start=1, name="first", kind=SERVER),
            span(1, start=2, name="second", kind=SERVER),
        ]
    )
    assert drawn(nodes) == ["client", "  first", "  second"]
    assert sorted(warned(nodes)) == ["client", "first", "second"]


def test_a_chain_of_100_000_spans_is_as_deep_as_it_was_sent() -> None:
    count = 100_000
    spans = [span(number, number - 1, number, 2 * count) for number in range(1, count + 1)]
    random.Random(1).shuffle(spans)
    nodes = build(spans)
    assert [(node.depth, node.span.name, node.descendant_count) for node in nodes] == [
        (number, str(number + 1), count - number - 1) for number in range(count)
    ]


def test_a_circle_of_100_000_spans_is_cut_once() -> None:
    count = 100_000
    nodes = build([span(number, (number - 2) % count + 1, number) for number in range(1, count + 1)])
    assert [node.depth for node in nodes] == list(range(count))
    assert warned(nodes) == {"1": [CIRCLE]}


def test_200_000_children_of_one_span_are_all_below_it() -> None:
    count = 200_000
    spans = [span(number, 1, number) for number in range(2, count + 2)]
    random.Random(1).shuffle(spans)
    nodes = build([*spans, span(1)])
    assert [node.span.name for node in nodes] == [str(number) for number in range(1, count + 2)]
    assert (nodes[0].descendant_count, {node.depth for node in nodes[1:]}) == (count, {1})


def test_20_000_spans_of_one_id_are_all_kept() -> None:
    """Each a child of that id too: the pairs must not be looked at one by one."""
    count = 20_000
    nodes = build([span(1, 1, number, name=str(number)) for number in range(count)])
    assert sorted(node.span.name for node in nodes) == sorted(map(str, range(count)))


@st.composite
def any_spans(draw: st.DrawFn) -> list[Span]:
    """Few ids, so that parents, circles and duplicates are frequent."""
    ids = st.integers(1, 8)
    return [
        span(
            draw(ids),
            draw(st.one_of(st.just(0), ids)),
            draw(st.integers(0, 5)),
            draw(st.integers(0, 9)),
            name=draw(st.sampled_from("ab")),
            kind=draw(st.sampled_from([1, SERVER, CLIENT])),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]


@given(any_spans())
@settings(max_examples=200, deadline=None)
def test_every_span_is_kept_once_after_its_parent_with_its_subtree_behind_it(spans: list[Span]) -> None:
    nodes = build(spans)
    assert sorted(node.span.name for node in nodes) == sorted(each.name for each in spans)
    places = {id(node): place for place, node in enumerate(nodes)}
    for place, node in enumerate(nodes):
        below = nodes[place + 1 : place + 1 + node.descendant_count]
        after = nodes[place + 1 + node.descendant_count : place + 2 + node.descendant_count]
        assert all(each.depth > node.depth for each in below)
        assert all(each.depth <= node.depth for each in after)
        if node.parent is None:
            assert node.depth == 0
        else:
            assert node.depth == node.parent.depth + 1
            assert places[id(node.parent)] < place
            assert sum(child is node for child in node.parent.children) == 1
            assert node.parent.span.span_id in {node.span.parent_span_id, node.span.span_id}


@given(any_spans(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_in_which_spans_arrive_makes_no_difference(spans: list[Span], chance: random.Random) -> None:
    def shown(given: list[Span]) -> list[tuple[int, Span, bool, list[str]]]:
        return [(node.depth, node.span, node.parent_missing, node.warnings) for node in build(given)]

    shuffled = spans[:]
    chance.shuffle(shuffled)
    assert shown(shuffled) == shown(spans)


@given(any_spans())
def test_a_span_is_marked_as_cut_off_exactly_where_no_span_has_its_parents_id(spans: list[Span]) -> None:
    ids = {each.span_id for each in spans}
    for node in build(spans):
        lost = bool(node.span.parent_span_id) and node.span.parent_span_id not in ids
        assert node.parent_missing == (lost and node.parent is None)
