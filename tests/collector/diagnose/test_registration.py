"""Nodes beside what registries say."""

from __future__ import annotations

from spanwise_collector.diagnose.node_health import Found, Node
from spanwise_collector.diagnose.registration import compare, silent
from spanwise_collector.model.registered import Register, Registered


def register(*entries: Registered, kind: str = "consul", read: int = 1) -> Register:
    return Register(f"{kind}://h", kind, "default", entries, read)


def entry(service: str, *names: str, healthy: bool | None = None) -> Registered:
    return Registered(service, names[0], frozenset(names), healthy)


def node(instance: str, *names: str, service: str = "shop") -> Node:
    return Node(service, instance, frozenset(names))


def test_a_node_is_found_by_any_of_its_names() -> None:
    said = register(entry("Shop", "a1", "10.0.0.1"), entry("shop", "b1"), entry("shop", "c1"))
    nodes = [node("uuid-1", "10.0.0.1", "host-1"), node("B1"), node("x", "elsewhere")]
    made = compare(nodes, [said])
    assert [each and each.registered.name for each in made.entries] == ["a1", "b1", None]
    assert made.found == [
        [],
        [],
        [Found("unregistered", "It sends, and is none of the 3 instances of shop that are registered.")],
    ]
    assert [each.registered.name for each in made.absent] == ["c1"]
    assert [made.known(each, number) for number, each in enumerate(nodes)] == [True, True, False]


def test_a_service_that_no_registry_knows_is_unregistered() -> None:
    made = compare([node("a", service="mail")], [register(entry("shop", "b")), register(kind="etcd")])
    assert made.found == [[Found("unregistered", "It sends, and none of 2 registries has an instance of mail.")]]
    assert [silent(each) for each in made.absent] == [
        Found("registered, silent", "Consul has it registered, and it has sent nothing in this time.")
    ]


def test_what_a_registry_calls_ill_is_said() -> None:
    (absent,) = compare([], [register(entry("shop", "b", healthy=False))]).absent
    assert (
        silent(absent).why == "Consul has it registered and calls it unhealthy, and it has sent nothing in this time."
    )


def test_of_names_that_have_nothing_in_common_nothing_is_concluded() -> None:
    said = register(entry("shop", "10.0.0.1"), entry("shop", "10.0.0.2"))
    nodes = [node("uuid-1"), node("uuid-2")]
    made = compare(nodes, [said])
    assert (made.doubtful, made.absent, made.found) == (["shop"], [], [[], []])
    assert [made.known(each, number) for number, each in enumerate(nodes)] == [None, None]
    # Fewer nodes than entries: whatever they are called, one does not send.
    fewer = compare(nodes[:1], [said])
    assert (fewer.doubtful, len(fewer.absent)) == ([], 2)


def test_a_registry_that_was_never_read_says_nothing() -> None:
    made = compare([node("a")], [register(entry("shop", "b"), read=0)])
    assert (made.found, made.absent, made.known(node("a"), 0)) == ([[]], [], None)
    assert compare([node("a")], []).found == [[]]


def test_one_registry_and_one_instance_are_told_in_the_singular() -> None:
    nodes = [node("a"), node("b"), node("c", service="mail")]
    made = compare(nodes, [register(entry("shop", "a"), kind="file")])
    assert [each[0].why for each in made.found if each] == [
        "It sends, and is not the one instance of shop that is registered.",
        "It sends, and the registry has no instance of mail.",
    ]
