"""What the screens stand on, asked over HTTP as the web view asks."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.collector.process import Process
from tests.factories import MINUTE, START, record, span, trace_ids

RANGE = {"start": str(START // MINUTE * MINUTE), "end": str((START // MINUTE + 1) * MINUTE)}
OF_IT = "deployment:screens"


@pytest.fixture(scope="module")
def asked(service: Process) -> Process:
    (trace_id,) = trace_ids(1)
    common: dict[str, Any] = {"deployment": "screens"}
    client = [span(trace_id, 1, kind=3), span(trace_id, 3, 1, kind=3, attributes={"db.system.name": "redis"})]
    server = [span(trace_id, 2, 1, kind=2, status=2, attributes={"http.route": "/pay"})]
    for spans, name in ((client, "screens-web"), (server, "screens-pay")):
        service.post("/v1/traces", factories.traces(spans, name, **common).SerializeToString())
    logs = factories.logs([record("a", severity_number=17), record("b", severity_number=9)], "screens-web", **common)
    service.post("/v1/logs", logs.SerializeToString())
    service.settle()
    return service


def test_facets_name_keys_with_terms_to_go_on_with(asked: Process) -> None:
    found = asked.get("/facets", q=OF_IT, keys=["service", "http.route"], **RANGE)
    web, pay = "screens-web", "screens-pay"
    assert [(each["key"], each["present"], each["missing"], each["other"]) for each in found["facets"]] == [
        ("service", 3, 0, 0),
        ("http.route", 1, 2, 0),
    ]
    assert found["facets"][0]["values"] == [
        {"value": web, "term": f"service:{web}", "count": 2},
        {"value": pay, "term": f"service:{pay}", "count": 1},
    ]
    assert found["facets"][1]["values"] == [{"value": "/pay", "term": 'http.route:"/pay"', "count": 1}]
    covers = ("returned", "total", "reason", "exact", "matched", "looked_at", "limit_name")
    assert [found[each] for each in covers] == [2, 2, "end", True, 3, 3, None]


def test_a_histogram_says_where_its_cells_are(asked: Process) -> None:
    found = asked.get("/histogram", q=OF_IT, **RANGE)
    assert [(each["low"] <= 10**6 < each["high"], each["count"], each["error_count"]) for each in found["cells"]] == [
        (True, 3, 1)
    ]
    logs = asked.get("/histogram", q=OF_IT, of="logs", **RANGE)
    assert [(each["severity"], each["count"], each["error_count"]) for each in logs["cells"]] == [
        ("info", 1, 0),
        ("error", 1, 1),
    ]


def test_the_map_has_services_and_what_they_call(asked: Process) -> None:
    found = asked.get("/map", q=OF_IT, **RANGE)
    assert [(each["source"], each["target"], each["caller"]["count"]) for each in found["edges"]] == [
        ("service:screens-web", "database:redis", 1),
        ("service:screens-web", "service:screens-pay", 1),
    ]
    call = found["edges"][1]
    assert (call["callee"]["error_count"], call["caller"]["error_count"], call["lag"]["negative"]) == (1, 0, 0)
    assert {each["id"] for each in found["nodes"]} == {
        "service:screens-web",
        "service:screens-pay",
        "database:redis",
    }


def test_a_service_has_its_page(asked: Process) -> None:
    found = asked.get("/services/screens-pay", **RANGE)
    assert (found["span_count"], found["requests"]["count"], found["requests"]["error_count"]) == (1, 1, 1)
    assert [(each["name"], each["kind"]) for each in found["operations"]] == [("span 2", "server")]
    assert [each["source"] for each in found["callers"]] == ["service:screens-web"]
    assert found["callees"] == []
    listed = asked.get("/operations", service="screens-pay", **RANGE)
    assert [each["name"] for each in listed["operations"]] == ["span 2"]
    assert [found["before"]["count"], listed["operations"][0]["before"]["count"]] == [0, 0]


def test_completion_says_what_it_would_replace(asked: Process) -> None:
    found = asked.get("/suggest", q="service:screens-p status:error", cursor=17, **RANGE)
    assert [(each["text"], each["count"]) for each in found["suggestions"]] == [("screens-pay", 1)]
    assert [found[each] for each in ("start", "length", "what", "key")] == [8, 9, "value", "service"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/suggest?q=a&cursor=2", 400),
        ("/suggest?cursor=-1", 422),
        ("/facets?keys=duration", 400),
        ("/facets?keys=event.name", 400),
        ("/facets?q=a:b%20|%20count", 400),
        ("/facets?of=traces", 422),
        ("/histogram?columns=201", 422),
        ("/histogram?per_doubling=3", 422),
        ("/histogram?per_doubling=4", 200),
        ("/map?depth=11", 422),
        ("/map?q=status:eror", 400),
        ("/operations?limit=0", 422),
        ("/services/a%2Fb", 200),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(service: Process, path: str, code: int) -> None:
    answer = service.client.get(f"/api/v1{path}")
    assert answer.status_code == code, answer.text
    assert code == 200 or answer.json()["error"]["message"]
