"""Whatever anybody writes into any parameter gets an answer, and never one of the 500s."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.collector.process import Process
from tests.contract.strategies import TROUBLE
from tests.factories import record, span, trace_ids

WORDS = (
    *TROUBLE, "0", "-1", "1", "99999999999999999999", "1e9", "NaN", "now", "now-1h", "2026-01-01T00:00:00Z", "a=b",
    "'=' OR 1=1", "%27", "(a+)+$", "{project:String}", "newest", "slowest", "error", "INFO", "1s", "ab" * 16, "\n",
    "a" * 5000, "=" * 40, "WyJuZXdlc3QiLDEsImEiXQ", "WyJuZXdlc3QiLDEsMSwxXQ", "\\' OR 1 --", "a=\x00",
)  # fmt: skip
_texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=20)).map(lambda text: quote(text.encode()))
_broken = st.sampled_from(["%ff", "%", "%zz", "%00", "%ed%a0%80"])


@pytest.fixture(scope="module")
def routes(service: Process) -> list[tuple[str, list[str]]]:
    """Every route with its query parameters, from the API's own document."""
    (trace_id,) = trace_ids(1)
    service.post("/v1/traces", factories.traces([span(trace_id, attributes={"a": "b"})]).SerializeToString())
    service.post("/v1/logs", factories.logs([record("hello", trace_id=trace_id)]).SerializeToString())
    service.settle()
    document: dict[str, Any] = service.client.get("/openapi.json").json()
    return [
        (path, [each["name"] for each in operations["get"].get("parameters", []) if each["in"] == "query"])
        for path, operations in document["paths"].items()
        if "get" in operations and "tail" not in path
    ]


@given(st.data())
@settings(
    max_examples=int(os.environ.get("SPANWISE_EXAMPLES", "250")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_case_93_no_parameters_make_the_api_fail(
    service: Process, routes: list[tuple[str, list[str]]], data: st.DataObject
) -> None:
    path, names = data.draw(st.sampled_from(routes))
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + data.draw(_texts).replace("/", "%2F") + rest.partition("}")[2]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from([*names, "unknown"]), st.one_of(_texts, _broken)), max_size=4))
    url = f"{path}?{'&'.join(f'{name}={value}' for name, value in pairs)}"
    answer = service.client.get(url)
    assert answer.status_code < 500, (url, answer.text)
    if answer.status_code >= 400:
        assert {"code", "message"} <= set(answer.json()["error"]), url
    elif answer.headers["content-type"].startswith("application/json"):
        answer.json()


FILTERS = ("service", "operation", "attribute")


@pytest.mark.parametrize("text", [*TROUBLE[1:], "'; DROP TABLE spans; --", "a" * 4000, "%27 OR 1=1", "\\' OR 1=1 --"])
def test_hostile_words_are_found_as_they_were_sent_and_nothing_else_is(service: Process, text: str) -> None:
    trace_id, other = trace_ids(2)
    sent = span(trace_id, name=text, attributes={f"k{text}".replace("=", ""): text})
    service.post("/v1/traces", factories.traces([sent], service=text).SerializeToString())
    service.post("/v1/traces", factories.traces([span(other, name=f"{text}.")], service="other").SerializeToString())
    service.post(
        "/v1/logs", factories.logs([record(f"before {text} after", trace_id=trace_id)], text).SerializeToString()
    )
    service.settle()
    attribute = f"k{text}={text}".replace("==", "=") if "=" not in text else None
    for filters in ({"service": text}, {"operation": text}, {"attribute": attribute or f"service.name={text}"}):
        if len(filters.get("attribute") or "") > 4096:
            continue
        found = service.get("/traces", limit=1000, **filters)["traces"]
        assert [each["trace_id"] for each in found] == [trace_id], filters
    assert [each["trace_id"] for each in service.get("/logs", service=text)["logs"]] == [trace_id]
    assert trace_id in [each["trace_id"] for each in service.get("/logs", text=text, trace_id=trace_id)["logs"]]
    assert text in [each["name"] for each in service.get("/services")["services"]]


def test_spans_are_listed_where_zipkin_sends_them(service: Process) -> None:
    (trace_id,) = trace_ids(1)
    service.post("/v1/traces", factories.traces([span(trace_id, attributes={"a": "b"})]).SerializeToString())
    service.settle()
    found = service.get("/spans", q=f"trace_id:{trace_id} a:b")
    assert [(each["trace_id"], each["attributes"]) for each in found["spans"]] == [(trace_id, {"a": "b"})]
    counted = service.get("/aggregate", q=f"trace_id:{trace_id} | group service | count", start="0")
    assert [(each["keys"], each["values"]) for each in counted["groups"]] == [(["shop"], [1])]


def test_a_mistake_in_a_query_is_told_with_its_place(service: Process) -> None:
    answer = service.client.get("/api/v1/traces", params={"q": "service:a status:eror"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["parameter"]) == (400, "invalid_query", "q")
    assert (error["column"], error["length"], error["suggestions"]) == (18, 4, ["error"])


@pytest.mark.parametrize(
    "text", ["a:/(a+)+$/", "a" * 9000, " OR ".join(f"a:{n}" for n in range(300)), 'a:"\' OR 1=1 --"']
)
def test_case_94_queries_made_to_hurt_are_answered_or_refused(service: Process, text: str) -> None:
    for path in ("traces", "spans", "logs", "aggregate"):
        answer = service.client.get(f"/api/v1/{path}", params={"q": text})
        assert answer.status_code == (400 if len(text) > 2000 else 200), answer.text
