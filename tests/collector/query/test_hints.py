"""A key that nothing has is said to be none, and the nearest known one is offered, when the question is asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.collector.process import Process
from tests.factories import record, span, trace_ids

ROUTES = ("/traces", "/spans", "/logs", "/aggregate?signal=spans", "/aggregate?signal=logs")


@pytest.fixture(scope="module")
def filled(service: Process) -> Process:
    (trace_id,) = trace_ids(1)
    attributes = {"http.route": "/hinted", "user.id": 7, "tenant": "a"}
    service.post(
        "/v1/traces",
        factories.traces([span(trace_id, attributes=attributes)], **{"k8s.pod.name": "p"}).SerializeToString(),
    )
    service.post("/v1/logs", factories.logs([record("hinted", attributes=attributes)]).SerializeToString())
    service.settle()
    return service


def hints(service: Process, path: str, **parameters: Any) -> list[tuple[str, list[str]]]:
    path, _, more = path.partition("?")
    pairs = dict(each.split("=") for each in more.split("&") if each)
    answer = service.get(path, start="2026-01-01T00:00:00Z", **(pairs | parameters))
    return [(each["key"], each["suggestions"]) for each in answer["hints"]]


@pytest.mark.parametrize("path", ROUTES)
def test_a_misspelt_key_gets_the_nearest_known_one(filled: Process, path: str) -> None:
    assert hints(filled, path, q="http.rotue:/hinted") == [("http.rotue", ["http.route"])]
    assert hints(filled, path, q="servce:shop usr.id>3") == [("servce", ["service"]), ("usr.id", ["user.id"])]
    assert hints(filled, path, q="resource.k8s.pod.nam:p")[0][0] == "resource.k8s.pod.nam"
    assert hints(filled, path, q="nothing.is.like.this:1") == [("nothing.is.like.this", [])]


@pytest.mark.parametrize("path", ROUTES)
def test_keys_that_are_known_get_none(filled: Process, path: str) -> None:
    assert hints(filled, path, q="http.route:/hinted user.id>3 resource.service.name:*") == []
    assert hints(filled, path, q="http.route:/elsewhere") == []
    assert hints(filled, path, q="service:shop trace_id:* scope.name:x") == []


def test_a_key_is_named_as_it_was_written_and_what_is_of_another_signal_is_said(filled: Process) -> None:
    assert hints(filled, "/spans", q="trace.durationn>2s") == [("trace.durationn", ["trace.duration"])]
    assert hints(filled, "/spans", q="1=1") == [("1", [])]
    (hint,) = filled.get("/spans", q="severity:error", start="2026-01-01T00:00:00Z")["hints"]
    assert hint == {
        "key": "severity",
        "message": "`severity` is a field of log records; of spans it is an attribute, which nothing that is kept has.",
        "suggestions": [],
    }
    (hint,) = filled.get("/logs", q="duration>1s", start="2026-01-01T00:00:00Z")["hints"]
    assert hint["message"].startswith("`duration` is a field of spans; of log records it is an attribute,")


def test_where_something_is_found_only_keys_that_need_not_be_there_are_doubted(filled: Process) -> None:
    assert hints(filled, "/spans", q="http.route:/hinted -tenat:b") == [("tenat", ["tenant"])]
    assert hints(filled, "/spans", q="http.route:/hinted OR tenat:b") == [("tenat", ["tenant"])]


def test_groups_and_figures_of_unknown_keys_are_doubted_too(filled: Process) -> None:
    q = "http.route:/hinted | group tenat | max(usr.id)"
    assert hints(filled, "/aggregate", q=q) == [("tenat", ["tenant"]), ("usr.id", ["user.id"])]


def test_a_hint_is_a_sentence(filled: Process) -> None:
    (hint,) = filled.get("/spans", q='"odd key":1 http.route:/hinted')["hints"]
    assert hint == {"key": '"odd key"', "message": 'Nothing that is kept has the key `"odd key"`.', "suggestions": []}
    (hint,) = filled.get("/spans", attribute="http.rotue=/hinted")["hints"]
    assert hint["message"] == "Nothing that is kept has the key `http.rotue`. Did you mean `http.route`?"
