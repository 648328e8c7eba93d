"""The states of nodes: each, and near misses of it."""

from __future__ import annotations

from typing import Any

import pytest
from spanwise_collector.diagnose.node_health import Found, Node, Traffic, health, worst

SECOND = 1_000_000_000
END = 10_000 * SECOND


def node(instance: str = "a", now: Traffic | None = None, before: Traffic | None = None, **fields: Any) -> Node:
    """A node that sends something every second until the end."""
    given: dict[str, Any] = {"first": 0, "since": END - 3600 * SECOND, "last": END, "sent": 3600} | fields
    return Node("shop", instance, now={"GET": now} if now else {}, before={"GET": before} if before else {}, **given)


def traffic(n: int, bucket: int = 80, errors: int = 0) -> Traffic:
    """As a normal histogram around a bucket is: nine in ten within one of it."""
    return Traffic(n, errors, {bucket - 1: n // 4, bucket: n // 2, bucket + 1: n - n // 4 - n // 2})


def found(*nodes: Node) -> list[list[Found]]:
    return health(nodes, END)


def states(*nodes: Node) -> list[str]:
    return [worst(each) for each in found(*nodes)]


def test_a_node_like_its_siblings_is_ok() -> None:
    assert found(*(node(name, traffic(100)) for name in "abc")) == [[], [], []]


def test_a_node_that_takes_longer_than_its_siblings_is_slow() -> None:
    usual = [node(name, traffic(100)) for name in "ab"]
    assert found(*usual, node("c", traffic(100, 90)))[2] == [
        Found("slow", "100% of its 100 requests take longer than nine in ten of its siblings'.")
    ]
    # A bucket more, of nineteen percent, is within what the others do.
    assert states(*usual, node("c", traffic(100, 81))) == ["ok", "ok", "ok"]
    # Faster is no trouble, and of nineteen requests nothing is said.
    assert states(*usual, node("c", traffic(100, 70))) == ["ok", "ok", "ok"]
    assert states(*usual, node("c", traffic(19, 90))) == ["ok", "ok", "ok"]


def test_operations_are_held_against_the_same_operation() -> None:
    quick, slow = traffic(100, 60), traffic(100, 100)
    mixed = [Node("shop", name, last=END, now={"quick": quick, "slow": slow}) for name in "ab"]
    # All that it does is the slow one, and no slower than elsewhere.
    only = Node("shop", "c", last=END, now={"slow": slow})
    assert states(*mixed, only) == ["ok", "ok", "ok"]


def test_a_node_without_siblings_is_held_against_itself_before() -> None:
    assert found(node("a", traffic(100, 90), traffic(100)))[0] == [
        Found("slow", "100% of its 100 requests take longer than nine in ten of its own in the time before.")
    ]
    assert states(node("a", traffic(100), traffic(100))) == ["ok"]
    assert states(node("a", traffic(100, 90), traffic(29))) == ["ok"]


def test_a_slow_node_with_more_to_do_is_overloaded() -> None:
    assert found(node("a", traffic(300, 90), traffic(100)))[0] == [
        Found(
            "overloaded",
            "100% of its 300 requests take longer than nine in ten of its own in the time before, and it has 3.0 times"
            " as many requests as in the time before.",
        )
    ]
    usual = [node(name, traffic(100)) for name in "ab"]
    assert "2.0 times as many requests as its siblings" in found(*usual, node("c", traffic(200, 90)))[2][0].why
    # More to do alone is no trouble.
    assert states(*usual, node("c", traffic(200))) == ["ok", "ok", "ok"]


@pytest.mark.parametrize(
    ("n", "errors", "state"), [(100, 5, "failing"), (100, 4, "ok"), (20, 1, "failing"), (19, 19, "ok")]
)
def test_a_node_is_failing_from_one_request_in_twenty_on(n: int, errors: int, state: str) -> None:
    assert states(node("a", traffic(n, errors=errors))) == [state]


def test_a_node_that_sends_nothing_more_is_silent() -> None:
    silent = node("b", last=END - 300 * SECOND)
    assert found(node("a"), silent)[1] == [
        Found(
            "silent",
            "It has sent nothing for 5 min, and sent something every 917 ms before; 1 of its siblings goes on.",
        )
    ]
    assert "no other instance of its service goes on" in found(silent)[0][0].why


def test_a_node_that_seldom_sends_is_not_silent_so_soon() -> None:
    assert states(node("a", last=END - 110 * SECOND)) == ["ok"]
    seldom: dict[str, Any] = {"since": END - 3600 * SECOND, "sent": 31}
    # Every 100 s: twenty of these are 2,000 s.
    assert states(node("a", last=END - 600 * SECOND, **seldom)) == ["ok"]
    assert states(node("a", last=END - 3000 * SECOND, **seldom)) == ["silent"]


def test_a_node_whose_place_another_took_is_replaced_once() -> None:
    gone = [node(name, last=END - 1000 * SECOND) for name in ("old-1", "old-2")]
    new = node("new", first=END - 1100 * SECOND)
    assert states(*gone, new) == ["replaced", "silent", "ok"]
    assert found(*gone, new)[0] == [Found("replaced", "It has sent nothing for 17 min; new began when it ended.")]
    # One that was there all the time took nobody's place, and neither did one of hours ago.
    assert states(gone[0], node("old-3")) == ["silent", "ok"]
    assert states(gone[0], node("new", first=END - 3000 * SECOND)) == ["silent", "ok"]


def test_the_weightiest_state_is_shown_and_the_others_are_told() -> None:
    usual = [node(name, traffic(100)) for name in "ab"]
    both = found(*usual, node("c", traffic(100, 90, errors=50)))[2]
    assert [each.state for each in both] == ["failing", "slow"]


def test_a_service_of_a_thousand_nodes_is_judged_in_one_go() -> None:
    many = [node(f"{number:04}", traffic(100)) for number in range(1000)]
    assert states(*many, node("slow", traffic(100, 95)))[-1] == "slow"
