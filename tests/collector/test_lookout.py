"""What is broken right now: seen by the lookout, kept in the notebook, told by the API and in the terminal."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api import failures, problems
from spanwise_collector.cli import problems as command
from spanwise_collector.cli import verdicts
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.factories import MINUTE, span, traces

MS = 1_000_000
BEGIN = 1_795_400_040_000_000_000
NOW = BEGIN + 6 * MINUTE + 5_000 * MS
PROJECT = "lookout"


@pytest.fixture(scope="module")
def api(collector: Inside) -> TestClient:
    """Three quiet minutes of a shop, then three in which its stock is slow, before NOW."""
    shop: list[Span] = []
    stock: list[Span] = []
    for number in range(240):
        trace, start = f"{0x100C_0000 + number:032x}", BEGIN + number * 1500 * MS
        work = (2 if number < 120 else 300) * MS + number % 7 * MS // 3
        shop.append(_span(trace, 1, 0, "GET /item", start, start + work + 4 * MS))
        stock.append(_span(trace, 2, 1, "find", start + MS, start + work + 3 * MS))
    collector.send(PROJECT, traces(shop), traces(stock, "stock"))
    app = FastAPI()
    lookout = collector.collector.lookout

    def project_of(request: Request) -> str:
        return PROJECT

    app.include_router(problems.router(collector.collector.entrance.notebook, lookout.last, 60.0, project_of))
    failures.install(app, print)
    return TestClient(app)


def _span(trace: str, number: int, parent: int, name: str, start: int, end: int) -> Span:
    return span(trace, number, parent, name=name, start_time_unix_nano=start, end_time_unix_nano=end)


def test_before_the_first_look_an_empty_list_means_nothing(api: TestClient) -> None:
    answer = api.get("/api/v1/problems").json()
    assert (answer["problems"], answer["last_look"]["outcome"]) == ([], "not yet")


def test_a_slow_service_is_a_problem_until_it_is_not_seen_any_more(collector: Inside, api: TestClient) -> None:
    lookout = collector.collector.lookout
    lookout.look_at(PROJECT, NOW)
    answer = api.get("/api/v1/problems").json()
    assert answer["last_look"]["outcome"] == "looked"
    assert answer["last_look"]["window"] == _range(BEGIN + 3 * MINUTE, BEGIN + 6 * MINUTE)
    assert answer["last_look"]["baseline"]["end_time_unix_nano"] == BEGIN + 3 * MINUTE
    (problem,) = answer["problems"]
    assert {key: problem[key] for key in ("service", "operation", "kind", "state", "confidence", "muted")} == {
        "service": "stock", "operation": "find", "kind": "slow", "state": "open", "confidence": "sure", "muted": False,
    }  # fmt: skip
    assert problem["sentence"].startswith("stock is slow: find of stock takes 30")
    assert problem["onset_unix_nano"] == BEGIN + 3 * MINUTE
    assert (problem["services"], problem["traces_per_minute"]) == (["stock", "shop"], 40.0)
    assert int(problem["trace_id"], 16) >= 0x100C_0000 + 120
    lookout.look_at(PROJECT, NOW + 4 * MINUTE, sends=False)
    assert api.get("/api/v1/problems").json()["problems"] == []
    (over,) = api.get("/api/v1/problems", params={"state": "all"}).json()["problems"]
    assert (over["state"], over["ended_unix_nano"]) == ("over", NOW)


def _range(start: int, end: int) -> dict[str, int]:
    return {"start_time_unix_nano": start, "end_time_unix_nano": end, "trace_count": 120, "span_count": 240}


def test_a_problem_is_muted_with_a_note_and_heard_again(collector: Inside, api: TestClient) -> None:
    collector.collector.lookout.look_at(PROJECT, NOW)
    (problem,) = api.get("/api/v1/problems").json()["problems"]
    path = f"/api/v1/problems/{problem['id']}/mute"
    muted = api.post(path, json={"note": "Known since Monday."}).json()
    assert (muted["muted"], muted["mute_note"], muted["sentence"]) == (True, "Known since Monday.", problem["sentence"])
    assert api.get("/api/v1/problems").json()["problems"][0]["muted"]
    assert not api.post(path, json={"muted": False}).json()["muted"]
    assert api.post("/api/v1/problems/999999/mute", json={}).status_code == 404


def test_the_terminal_shows_one_paragraph_a_cause(
    collector: Inside, api: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.collector.lookout.look_at(PROJECT, NOW)
    asked: list[str] = []

    def asking(given: Any, path: str, **query: str | None) -> Any:
        asked.append(path)
        return api.get(path, params={key: value for key, value in query.items() if value is not None}).json()

    monkeypatch.setattr(verdicts, "asked", asking)
    assert command.problems(["--url", "http://x", "--all"]) == verdicts.FOUND
    assert asked == ["/api/v1/problems"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "● sure, since 2026-11-23 02:17:00Z, going on"
    assert lines[1].startswith("  stock is slow: find of stock takes 30")
    assert "  Reaches 40 traces a minute through stock, shop." in lines
    assert lines[-1].startswith("Looked at 2026-11-23 02:17:00Z to 2026-11-23 02:20:00Z, 120 traces against 120.")
