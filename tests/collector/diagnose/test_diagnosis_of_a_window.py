"""The verdict on a window, from spans that were sent to the answer of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api import diagnosis, failures
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.factories import MINUTE, span, trace_ids, traces

MS = 1_000_000
BEGIN = 1_795_232_640_000_000_000
PROJECT = "window"
TRACES = 40


def project_of(request: Request) -> str:
    return PROJECT


@pytest.fixture(scope="module")
def api(collector: Inside) -> Iterator[TestClient]:
    """Two minutes of a shop of two services, the second with a slow network in front of `stock`."""
    for minute, tail in ((0, 2), (1, 200)):
        shop: list[Span] = []
        stock: list[Span] = []
        for number, trace in enumerate(trace_ids(TRACES)):
            start = BEGIN + minute * MINUTE + number * 1_000 * MS
            jitter = number % 5 * MS // 4
            end = start + 20 * MS + jitter + tail * MS
            shop.append(_span(trace, 1, 0, "GET /item", start, end + 2 * MS))
            shop.append(_span(trace, 2, 1, "call stock", start + MS, end))
            stock.append(_span(trace, 3, 2, "find", start + 3 * MS, end - tail * MS - jitter))
        collector.send(PROJECT, traces(shop), traces(stock, "stock", **{"service.instance.id": "stock-7"}))
    app = FastAPI()
    made = APIRouter(prefix="/api/v1")
    diagnosis.add(made, collector.engine, project_of)
    app.include_router(made)
    failures.install(app)
    with TestClient(app) as client:
        yield client


def _span(trace: str, number: int, parent: int, name: str, start: int, end: int) -> Span:
    return span(trace, number, parent, name=name, start_time_unix_nano=start, end_time_unix_nano=end)


def ask(api: TestClient, **given: Any) -> Any:
    return api.get("/api/v1/diagnosis", params=given).json()


def test_the_service_behind_a_slow_network_is_named_with_spans_that_show_it(api: TestClient) -> None:
    answer = ask(api, start=BEGIN + MINUTE, end=BEGIN + 2 * MINUTE, baseline_start=BEGIN, baseline_end=BEGIN + MINUTE)
    assert answer["verdict"] == "culprit"
    (culprit,) = answer["culprits"]
    assert (culprit["rank"], culprit["service"], culprit["instance"], culprit["operation"], culprit["kind"]) == (
        1, "stock", "stock-7", "find", "slow",
    )  # fmt: skip
    assert culprit["since"] == BEGIN + MINUTE
    assert [each["operation"] for each in culprit["evidence"]] == ["call stock"] * 5
    assert culprit["claim"].startswith("shop gets on 20")
    assert answer["checked"]["window"] == {
        "start_time_unix_nano": BEGIN + MINUTE,
        "end_time_unix_nano": BEGIN + 2 * MINUTE,
        "trace_count": TRACES,
        "span_count": 3 * TRACES,
    }


def test_without_a_baseline_the_time_before_is_taken(api: TestClient) -> None:
    answer = ask(api, start=BEGIN + MINUTE, end=BEGIN + 2 * MINUTE)
    assert answer["checked"]["baseline_source"] == "before"
    assert answer["checked"]["baseline"]["start_time_unix_nano"] == BEGIN
    assert [each["service"] for each in answer["culprits"]] == ["stock"]


def test_a_window_against_itself_has_nothing_unusual(api: TestClient) -> None:
    answer = ask(api, start=BEGIN, end=BEGIN + MINUTE, baseline_start=BEGIN, baseline_end=BEGIN + MINUTE)
    assert (answer["verdict"], answer["culprits"]) == ("nothing unusual", [])


def test_a_thin_baseline_is_said(api: TestClient) -> None:
    answer = ask(api, start=BEGIN, end=BEGIN + MINUTE)
    assert (answer["verdict"], answer["checked"]["baseline_source"]) == ("not enough history", "none")


def test_a_window_without_traces_is_said(api: TestClient) -> None:
    assert ask(api, start=BEGIN - MINUTE, end=BEGIN)["verdict"] == "no traces"


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"baseline_start": 1}, "baseline_end"),
        ({"baseline_start": 2, "baseline_end": 1}, "baseline_end"),
        ({"start": 2, "end": 1}, "end"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(api: TestClient, given: dict[str, int], parameter: str) -> None:
    assert ask(api, **given)["error"]["parameter"] == parameter
