"""Two projects in one collector: nothing of the one is ever seen with a key of the other, whatever is asked."""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.collector.access.conftest import Guarded
from tests.collector.process import eventually

MARK = "only-of-a"
ENDLESS = "/api/v1/tail"
ROUNDS = 150


@pytest.fixture(scope="module")
def trace_id(guarded: Guarded) -> str:
    """A trace of project `a` with logs, metrics, a view and a deploy, every name of which is marked."""
    found = f"{random.SystemRandom().getrandbits(128) | 1:032x}"
    now = time.time_ns()
    resource = {"attributes": [_text("service.name", f"{MARK}-service"), _text("service.instance.id", f"{MARK}-1")]}
    span = {
        "traceId": found,
        "spanId": "00000000000000a1",
        "name": f"{MARK}-operation",
        "kind": 2,
        "startTimeUnixNano": str(now),
        "endTimeUnixNano": str(now + 10**6),
        "attributes": [_text(f"{MARK}.key", f"{MARK}-value")],
        "status": {"code": 2, "message": f"{MARK}-status"},
    }
    record = {"timeUnixNano": str(now), "traceId": found, "severityNumber": 17, "body": {"stringValue": f"{MARK} line"}}
    point = {"timeUnixNano": str(now), "asDouble": 1.0}
    metric = {"name": f"{MARK}.metric", "gauge": {"dataPoints": [point]}}
    for path, body in {
        "/v1/traces": {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]},
        "/v1/logs": {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]},
        "/v1/metrics": {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]},
        "/api/v1/views": {"screen": "traces", "name": f"{MARK} view", "query": MARK},
        "/api/v1/deploys": {"service": f"{MARK}-service", "version": MARK},
        "/api/v1/keys": {"scopes": ["read"], "name": f"{MARK} key"},
    }.items():
        assert guarded.ask("POST", path, "admin", json=body).is_success
    eventually(
        lambda: guarded.ask("GET", "/api/v1/status", "admin").json(),
        lambda status: status["waiting_bytes"] == 0 and status["span_count"] > 0,
    )
    return found


def _text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def questions(guarded: Guarded, trace_id: str, seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Every path of the API that is asked with GET, first bare and then with parameters drawn at random."""
    draw = random.Random(seed)
    document = guarded.ask("GET", "/openapi.json").json()
    paths = {
        path: each["get"].get("parameters", [])
        for path, each in document["paths"].items()
        if "get" in each and path != ENDLESS
    }
    words = {
        "trace_id": trace_id,
        "span_id": "00000000000000a1",
        "name": f"{MARK}.metric",
        "service": f"{MARK}-service",
        "operation": f"{MARK}-operation",
        "attribute": f"{MARK}.key={MARK}-value",
        "text": MARK,
        "start": "now-1h",
        "end": "now+1h",
        "limit": "100",
        "minutes": "60",
    }

    def filled(path: str) -> str:
        known = words | {"name": words["service"]} if path.startswith("/api/v1/services/") else words
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    for path in paths:
        yield filled(path), {}
    for _ in range(ROUNDS):
        path, known = draw.choice(sorted(paths.items(), key=lambda item: item[0]))
        names = [each["name"] for each in known if each["in"] == "query" and each["name"] in words]
        yield filled(path), {name: words[name] for name in names if draw.random() < 0.5}


def test_no_question_finds_anything_of_another_project(guarded: Guarded, trace_id: str) -> None:
    seed = int(os.environ.get("SPANWISE_SEED", "7"))
    print(f"SPANWISE_SEED={seed}")
    seen_by_owner, asked = set(), 0
    for path, parameters in questions(guarded, trace_id, seed):
        own, other = (guarded.ask("GET", path, key, params=parameters) for key in ("admin", "stranger"))
        assert own.status_code < 500, (path, parameters, own.text)
        assert MARK not in _without_the_question(other.text, trace_id), (path, parameters)
        assert trace_id not in _without_the_question(other.text, trace_id), (path, parameters)
        asked += 1
        if MARK in own.text:
            seen_by_owner.add(path.replace(trace_id, "{trace_id}"))
    # What is not seen by its owner either would prove nothing.
    assert seen_by_owner >= {
        "/api/v1/services",
        "/api/v1/traces",
        "/api/v1/traces/{trace_id}",
        "/api/v1/logs",
        "/api/v1/metrics",
        "/api/v1/health",
        "/api/v1/views",
        "/api/v1/deploys",
        "/api/v1/keys",
        "/api/v1/errors",
    }
    assert asked > ROUNDS


def test_the_tail_of_another_project_is_not_followed(guarded: Guarded) -> None:
    found = []
    for key in ("admin", "stranger"):
        url = f"http://{guarded.service.http}{ENDLESS}?since=now-1h"
        headers = {"Authorization": f"Bearer {guarded.keys[key]}"}
        with httpx.stream("GET", url, headers=headers, timeout=30) as answer:
            read = ""
            for text in answer.iter_text():
                read += text
                if read.count("event: position") == 2:  # where it began, and how far it has come
                    break
        found.append(MARK in read)
    assert found == [True, False]


def test_a_trace_of_another_project_is_not_found_and_not_counted(guarded: Guarded, trace_id: str) -> None:
    assert guarded.ask("GET", f"/api/v1/traces/{trace_id}", "admin").status_code == 200
    assert guarded.ask("GET", f"/api/v1/traces/{trace_id}", "stranger").status_code == 404
    status = guarded.ask("GET", "/api/v1/status", "stranger").json()
    assert (status["span_count"], status["log_count"], status["service_count"]) == (0, 0, 0)


def test_an_error_of_another_project_is_neither_seen_nor_resolved(guarded: Guarded, trace_id: str) -> None:
    asked = {"service": f"{MARK}-service"}
    (found,) = guarded.ask("GET", "/api/v1/errors", "admin", params=asked).json()["errors"]
    assert (found["message"], found["count"]) == (f"{MARK}-status", 1)
    path, wanted = f"/api/v1/errors/{found['fingerprint']}", {"state": "resolved"}
    for form in ("", ".html"):
        assert guarded.ask("GET", path + form, "b").status_code == 404
    assert guarded.ask("PATCH", path, "b", json=wanted).status_code == 404
    assert guarded.ask("GET", path, "admin").json()["state"] == "open"
    said = guarded.ask("PATCH", path, "admin", json=wanted).json()
    assert (said["state"], said["judgement"]["actor"].split()[0]) == ("resolved", "key")
    assert guarded.ask("PATCH", path, "admin", json={"state": "open"}).json()["state"] == "open"


def test_no_header_changes_the_project(guarded: Guarded, trace_id: str) -> None:
    headers = {name: "a" for name in ("X-Scope-OrgID", "X-Project", "X-Spanwise-Project", "X-Tenant")}
    found = guarded.ask("GET", "/api/v1/services", "stranger", headers=headers, params={"project": "a"})
    assert found.status_code == 422
    assert guarded.ask("GET", "/api/v1/services", "stranger", headers=headers).json()["services"] == []


def test_a_view_of_another_project_cannot_be_removed(guarded: Guarded, trace_id: str) -> None:
    (view,) = guarded.ask("GET", "/api/v1/views", "admin").json()["views"]
    assert guarded.ask("DELETE", f"/api/v1/views/{view['id']}", "stranger").status_code == 404
    assert guarded.ask("GET", "/api/v1/views", "admin").json()["views"] == [view]


def _without_the_question(text: str, trace_id: str) -> str:
    """An answer may name what was asked for: in an error, its own first fields, a hint that nothing has it, a form."""
    if text.startswith("<!doctype"):
        return re.sub(r'<form.*?</form>|href="[^"]*"', "", text, flags=re.DOTALL)
    found = json.loads(text) if text.startswith("{") else {}
    if "hints" in found:
        found["hints"] = [hint["suggestions"] for hint in found["hints"]]
    if "error" in found or not found:
        return "" if "error" in found else text
    asked = (trace_id, f"{MARK}-service", f"{MARK}.metric")
    return json.dumps({name: value for name, value in found.items() if value not in asked})
