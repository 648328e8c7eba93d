"""Overload and traffic in the verdict on a window, over the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import diagnosis
from starlette.requests import Request

from tests.collector.diagnose.test_overload import arrivals, queued
from tests.collector.inside import Inside
from tests.factories import span, traces

MS, SECOND = 1_000_000, 1_000_000_000
BEGIN = 1_795_800_000_000_000_000
LENGTH = 10 * SECOND


def verdict(collector: Inside, project: str, now: list[tuple[int, int]]) -> Any:
    """Ten seconds of a desk with ten requests a second that take 20 ms, and ten with these (start, duration)."""
    usual = [(at, 20 * MS + number % 5 * MS) for number, at in enumerate(arrivals(10, 10, seed=3))]
    made = []
    for minute, calls in enumerate((usual, now)):
        for number, (start, duration) in enumerate(calls):
            at = BEGIN + minute * LENGTH + start
            trace = f"{(0x0E1D << 16) + (minute << 12) + number:032x}"
            made.append(span(trace, 1, name="GET /desk", start_time_unix_nano=at, end_time_unix_nano=at + duration))
    collector.send(project, traces(made, "desk"))
    app = FastAPI()
    routes = APIRouter(prefix="/api/v1")

    def project_of(request: Request) -> str:
        return project

    diagnosis.add(routes, collector.engine, project_of)
    app.include_router(routes)
    window = {
        "start": BEGIN + LENGTH,
        "end": BEGIN + 2 * LENGTH,
        "baseline_start": BEGIN,
        "baseline_end": BEGIN + LENGTH,
    }
    return TestClient(app).get("/api/v1/diagnosis", params=window).json()


def test_a_service_that_gets_more_than_it_can_do_is_overloaded_and_the_traffic_is_told(collector: Inside) -> None:
    answer = verdict(collector, "overloaded", [(call.start, call.duration) for call in queued(40, 26 * MS)])
    (culprit,) = answer["culprits"]
    assert (culprit["service"], culprit["kind"]) == ("desk", "overloaded")
    assert [answer[listed][0]["kind"] for listed in ("services", "instances", "operations")] == ["overloaded"] * 3
    assert "and they take longer the more are under way" in culprit["claim"]
    (traffic,) = answer["traffic"]
    assert (traffic["service"], traffic["operation"], traffic["since_unix_nano"]) == (
        "desk", "GET /desk", BEGIN + LENGTH,
    )  # fmt: skip
    assert traffic["claim"].endswith("They come from outside of what is traced: that is no fault of a service.")


def test_a_service_that_is_as_slow_for_each_alone_is_slow_however_many_come(collector: Inside) -> None:
    answer = verdict(collector, "busy-and-slow", [(start, 300 * MS) for start in arrivals(40, 10)])
    (culprit,) = answer["culprits"]
    assert (culprit["kind"], len(answer["traffic"])) == ("slow", 1)


def test_more_requests_that_are_served_as_before_are_nobodys_fault(collector: Inside) -> None:
    answer = verdict(collector, "busy", [(start, 21 * MS) for start in arrivals(40, 10)])
    assert (answer["verdict"], answer["culprits"]) == ("nothing unusual", [])
    assert answer["summary"].endswith("that is no fault of a service.")


def test_the_same_traffic_is_not_told(collector: Inside) -> None:
    answer = verdict(collector, "as-usual", [(start, 300 * MS) for start in arrivals(11, 10, seed=5)])
    assert (answer["culprits"][0]["kind"], answer["traffic"]) == ("slow", [])
