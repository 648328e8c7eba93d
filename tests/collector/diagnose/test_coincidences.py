"""Culprits over the API with the deploy, the version and the attribute that coincide, and without those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api import diagnosis, failures
from spanwise_collector.notebook import deploys
from spanwise_collector.query.known import known
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.factories import MINUTE, span, traces

MS, SECOND = 1_000_000, 1_000_000_000
BEGIN = 1_795_600_020_000_000_000
ONSET = BEGIN + MINUTE + 30 * SECOND
PROJECT = "coincidences"
TRACES = 120


def project_of(request: Request) -> str:
    return PROJECT


@pytest.fixture(scope="module")
def api(collector: Inside) -> Iterator[TestClient]:
    """Two minutes of a shop. In the middle of the second it lists with eight statements and not with two, and `pay`
    refuses one tenant all through it."""
    for version in ("1", "2"):
        shop, pay = [], []
        for number in range(2 * TRACES):
            at = BEGIN + number * MINUTE // TRACES
            new = at >= ONSET
            if (version == "2") == new:
                shop += _list(number, at, 8 if new else 2)
                pay.append(_pay(number, at, at >= BEGIN + MINUTE))
        collector.send(PROJECT, traces(shop, **{"service.version": version}), traces(pay, "pay"))
    notebook = collector.collector.entrance.notebook
    for service, version, when in (
        ("shop", "v2", ONSET - 20 * SECOND), ("pay", "7", ONSET - 20 * MINUTE), ("pay", "8", ONSET + 2 * MINUTE),
        ("stock", "9", ONSET),
    ):  # fmt: skip
        deploys.add(notebook, PROJECT, service, version, when, "by hand" if service == "shop" else "")
    app = FastAPI()
    made = APIRouter(prefix="/api/v1")
    diagnosis.add(made, collector.engine, project_of, known=known(notebook))
    app.include_router(made)
    failures.install(app, print)
    with TestClient(app) as client:
        yield client


def _list(number: int, at: int, statements: int) -> list[Span]:
    trace = f"{0x1C0D_0000 + number:032x}"
    end = at + 20 * MS + number % 5 * MS // 4
    attributes = {"layout": "wide" if statements > 2 else "narrow", "host": "a"}
    root = span(trace, 1, name="GET /list", start_time_unix_nano=at, end_time_unix_nano=end, attributes=attributes)
    return [root] + [
        span(
            trace,
            2 + each,
            1,
            name="SELECT item",
            start_time_unix_nano=at + (2 + 2 * each) * MS,
            end_time_unix_nano=at + (3 + 2 * each) * MS,
        )
        for each in range(statements)
    ]


def _pay(number: int, at: int, new: bool) -> Span:
    fails = new and number % 3 == 0
    tenant = "acme" if number % 3 == 0 else f"tenant {number % 3}"
    given: dict[str, Any] = {"status": 2} if fails else {}
    return span(
        f"{0x1C0E_0000 + number:032x}",
        1,
        name="POST /pay",
        start_time_unix_nano=at,
        end_time_unix_nano=at + 5 * MS,
        attributes={"tenant": tenant, "currency": "EUR", "error.type": "refused" if fails else "none"},
        **given,
    )


def culprits(api: TestClient, **given: int) -> dict[str, Any]:
    window = {
        "start": BEGIN + MINUTE,
        "end": BEGIN + 2 * MINUTE,
        "baseline_start": BEGIN,
        "baseline_end": BEGIN + MINUTE,
    }
    answer = api.get("/api/v1/diagnosis", params=window | given).json()
    return {each["service"]: each for each in answer["culprits"]}


def test_what_changed_is_told_with_the_deploy_that_coincides(api: TestClient) -> None:
    shop = culprits(api)["shop"]
    assert (shop["kind"], shop["since"]) == ("changed", ONSET)
    said = "v2 of shop was deployed at 09:48:10Z, 20 s before: by hand."
    assert shop["claim"].endswith(said)
    assert [(each["kind"], each["key"], each["value"]) for each in shop["coincides"]] == [
        ("deploy", "service.version", "v2"), ("attribute", "layout", "wide"),
    ]  # fmt: skip
    assert (shop["coincides"][0]["sentence"], shop["coincides"][0]["evidence"]) == (said, None)
    assert shop["coincides"][0]["deploy_id"] is not None


def test_a_deploy_of_another_service_long_before_or_afterwards_is_not_told(api: TestClient) -> None:
    assert [each["kind"] for each in culprits(api)["pay"]["coincides"]] == ["attribute"]


def test_an_attribute_that_sets_failing_calls_apart_is_told_with_a_span(api: TestClient) -> None:
    (found,) = culprits(api)["pay"]["coincides"]
    assert found["sentence"] == "100% of its calls that fail have tenant = acme, 0% of the others."
    assert found["evidence"]["trace_id"] == f"{0x1C0E_0000 + TRACES:032x}"
    assert found["since_unix_nano"] == BEGIN + MINUTE


def test_a_version_is_told_with_its_first_span_where_nobody_noted_a_deploy(api: TestClient, collector: Inside) -> None:
    app = FastAPI()
    made = APIRouter(prefix="/api/v1")
    diagnosis.add(made, collector.engine, project_of)
    app.include_router(made)
    shop = culprits(TestClient(app))["shop"]
    found = shop["coincides"][0]
    assert found["sentence"] == "service.version of shop is 2 since 09:48:30Z; the baseline has 1."
    assert found["evidence"]["trace_id"] == f"{0x1C0D_0000 + 3 * TRACES // 2:032x}"
    assert shop["claim"].endswith(found["sentence"])
