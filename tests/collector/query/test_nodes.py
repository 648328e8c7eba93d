"""Every node of a shop, as the API shows it: what it sent, how it is, and who should be there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api import failures, nodes
from spanwise_collector.model.registered import Register, Registered
from spanwise_collector.query.figures import Figures
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.factories import MINUTE, START, logs, record, span, traces

MS = 1_000_000
SECOND = 1_000 * MS
PROJECT = "nodes"
BEGIN = START // MINUTE * MINUTE
END = BEGIN + 10 * MINUTE
RANGE = {"start": str(BEGIN), "end": str(END)}
FILE = Register(
    "file:nodes.toml",
    "file",
    PROJECT,
    tuple(
        Registered("shop", name, frozenset({name}))
        for name in ("shop-1", "10.0.0.2", "shop-3", "shop-gone", "shop-never")
    ),
    read=1,
)
BROKEN = Register("etcd://h:2379/services", "etcd", PROJECT, error="Connection refused")


def requests(first: int, last: int, duration: int = 10 * MS, failed: int = 0) -> list[Span]:
    """One every two seconds, from one minute of the range to another; one in `failed` of them fails."""
    return [
        span(
            f"{first + 100:08x}{last + 100:08x}{duration:08x}{number:08x}", 1, name="GET /", kind=2,
            start_time_unix_nano=BEGIN + first * MINUTE + number * 2 * SECOND,
            end_time_unix_nano=BEGIN + first * MINUTE + number * 2 * SECOND + duration,
            status=2 if failed and number % failed == 0 else 0,
        )
        for number in range((last - first) * 30)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def api(collector: Inside) -> Iterator[TestClient]:
    for instance, spans, more in (
        ("shop-1", requests(-5, 10), {"host.name": "h1", "service.version": "1.1"}),
        ("shop-2", requests(0, 10, 11 * MS), {"host.ip": ["fe80::1", "10.0.0.2"], "k8s.pod.name": "shop-2"}),
        ("shop-3", requests(0, 10, 80 * MS), {}),
        ("shop-4", requests(0, 10, 12 * MS, failed=5), {}),
        ("shop-gone", requests(0, 5, 13 * MS), {}),
        ("shop-before", requests(-5, -2, 14 * MS), {}),
    ):
        collector.send(PROJECT, traces(spans, "shop", **{"service.instance.id": instance} | more))
    said = [record("up", END - number * SECOND) for number in (1, 2, 3)]
    collector.send(PROJECT, logs(said, "cron", **{"service.instance.id": "cron-1", "service.version": "7"}))
    app = FastAPI()
    app.include_router(nodes.router(collector.engine, lambda project: [FILE, BROKEN], project_of))
    failures.install(app, print)
    with TestClient(app) as client:
        yield client


def project_of(request: Request) -> str:
    return PROJECT


def ask(api: TestClient, **parameters: str) -> Any:
    answer = api.get("/api/v1/nodes", params=RANGE | parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_node_has_a_state_and_says_why(api: TestClient) -> None:
    found = ask(api)
    assert [(each["service"], each["instance"], each["state"], each["registered"]) for each in found["nodes"]] == [
        ("shop", "shop-gone", "registered, silent", True),
        ("shop", "shop-never", "registered, silent", True),
        ("shop", "shop-4", "failing", False),
        ("shop", "shop-3", "slow", True),
        ("cron", "cron-1", "unregistered", False),
        ("shop", "shop-1", "ok", True),
        ("shop", "shop-2", "ok", True),
    ]
    assert [each["why"] for each in found["nodes"]] == [
        "It has sent nothing for 5 min, and sent something every 2 s before; 4 of its siblings go on. The file has"
        " it registered.",
        "The file has it registered, and it has sent nothing in this time.",
        "20% of its 300 requests fail.",
        "100% of its 300 requests take longer than nine in ten of its siblings'.",
        "It sends, and the registry has no instance of cron.",
        "Nothing stands out.",
        "Nothing stands out.",
    ]
    assert [each["state"] for each in found["nodes"][2]["findings"]] == ["failing", "unregistered"]
    assert found["states"] == [
        {"state": "ok", "count": 2},
        {"state": "slow", "count": 1},
        {"state": "failing", "count": 1},
        {"state": "registered, silent", "count": 2},
        {"state": "unregistered", "count": 1},
    ]
    assert (found["returned"], found["total"], found["reason"], found["other_names"]) == (7, 7, "end", [])


def test_a_node_is_shown_with_what_it_sent_and_its_siblings_beside_it(api: TestClient) -> None:
    found = {each["instance"]: each for each in ask(api)["nodes"]}
    one, cron, never = found["shop-1"], found["cron-1"], found["shop-never"]
    assert (one["host"], one["version"], one["span_count"], one["log_count"]) == ("h1", "1.1", 300, 0)
    assert (one["first_seen_unix_nano"], one["last_seen_unix_nano"]) == (BEGIN - 5 * MINUTE, END - 2 * SECOND)
    requests = one["requests"]
    assert (requests["count"], requests["error_count"], requests["error_share"]) == (300, 0, 0.0)
    assert requests["p50"] == pytest.approx(10 * MS, rel=0.1)
    siblings = one["siblings_requests"]
    assert (one["siblings"], siblings["count"], siblings["error_count"]) == (4, 1050, 60)
    assert (found["shop-2"]["registry"], found["shop-2"]["host"]) == ("file:nodes.toml", None)
    assert (cron["version"], cron["span_count"], cron["log_count"], cron["siblings"]) == ("7", 0, 3, 0)
    assert (cron["first_seen_unix_nano"], cron["last_seen_unix_nano"]) == (END - 3 * SECOND, END - SECOND)
    assert (never["first_seen_unix_nano"], never["requests"]["p50"], never["healthy"]) == (None, None, None)


def test_what_is_left_of_figures_has_no_percentile_where_nothing_is_left() -> None:
    part = Figures(3, 1, {5: 2, 9: 1})
    assert part.without(part) == Figures()
    assert Figures(4, 1, {5: 3, 9: 1}).without(part) == Figures(1, 0, {5: 1})


def test_registries_are_named_with_what_is_wrong_with_them(api: TestClient) -> None:
    assert ask(api)["registries"] == [
        {"name": "file:nodes.toml", "kind": "file", "entries": 5, "read_unix_nano": 1, "error": None},
        {"name": BROKEN.name, "kind": "etcd", "entries": 0, "read_unix_nano": None, "error": "Connection refused"},
    ]


def test_some_nodes_can_be_asked_for(api: TestClient) -> None:
    assert [each["instance"] for each in ask(api, service="cron")["nodes"]] == ["cron-1"]
    slow = ask(api, state="slow")
    assert ([each["instance"] for each in slow["nodes"]], slow["total"]) == (["shop-3"], 1)
    first = ask(api, limit="1")
    assert (first["returned"], first["total"], first["reason"]) == (1, 7, "limit")
    assert ask(api, start=str(END + MINUTE), end=str(END + 2 * MINUTE), state="ok")["nodes"] == []
    assert api.get("/api/v1/nodes", params={"state": "dead"}).status_code in {400, 422}


def test_in_an_earlier_time_a_node_is_as_it_was_then(api: TestClient) -> None:
    found = ask(api, start=str(BEGIN - 5 * MINUTE), end=str(BEGIN - 2 * MINUTE), state="ok")
    assert [each["instance"] for each in found["nodes"]] == ["shop-1"]
