"""The verdict on a window of which there are only log records, from what was sent to the answer of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from spanwise_collector.api import diagnosis, failures
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.factories import MINUTE, logs, record

BEGIN = 1_795_500_000_000_000_000
MS = 1_000_000
INFO, WARN, ERROR = 9, 13, 17
REQUESTS = 40


@pytest.fixture(scope="module", params=[True, False], ids=["with trace ids", "without ids"])
def api(request: pytest.FixtureRequest, collector: Inside) -> Iterator[TestClient]:
    """A quiet minute, and one in which payments fails and checkout complains of it."""
    project = f"only-logs-{request.param}".lower()
    by_service: dict[str, list[LogRecord]] = {"edge": [], "checkout": [], "payments": []}
    for minute in (0, 1):
        for number in range(REQUESTS):
            at = BEGIN + minute * MINUTE + number * 1_400 * MS
            ids = {"trace_id": f"{0x106_0000 + minute * 1000 + number:032x}"} if request.param else {}

            def say(service: str, ms: int, text: str, severity: int = INFO, at: int = at, ids: Any = ids) -> None:
                by_service[service].append(record(text, at + ms * MS, severity_number=severity, **ids))

            say("edge", 0, f"order {number} came in")
            say("checkout", 2, f"cart of customer {number} priced")
            if minute and number % 2:
                say("payments", 4, f"card {number} cannot be charged: ledger is read-only", ERROR)
                say("checkout", 6, f"payments answered 500 to charge {number}", WARN)
                say("edge", 8, f"order {number} failed", ERROR)
            else:
                say("payments", 5, f"charged {number} cents")
                say("edge", 9, f"order {number} done")
    collector.send(project, *(logs(records, service) for service, records in by_service.items()))
    app = FastAPI()
    made = APIRouter(prefix="/api/v1")

    def project_of(asked: Request) -> str:
        return project

    diagnosis.add(made, collector.engine, project_of)
    app.include_router(made)
    failures.install(app, print)
    with TestClient(app) as client:
        yield client


def ask(api: TestClient, start: int, end: int, **given: Any) -> Any:
    window = {"start": BEGIN + start * MINUTE, "end": BEGIN + end * MINUTE}
    return api.get("/api/v1/diagnosis", params=window | given).json()


def test_the_service_that_fails_is_named_with_records_that_show_it(api: TestClient) -> None:
    answer = ask(api, 1, 2)
    assert answer["verdict"] == "culprit"
    first = answer["culprits"][0]
    assert (first["service"], first["kind"], first["rank"]) == ("payments", "failing", 1)
    assert "payments logs “card <*> cannot be charged: ledger is read-only” 20 times" in "".join(first["claims"])
    shown = first["evidence"][0]
    assert (shown["kind"], shown["service"], shown["text"][:5]) == ("log", "payments", "card ")
    assert BEGIN + MINUTE <= shown["time_unix_nano"] < BEGIN + 2 * MINUTE
    assert (shown["span_id"], answer["checked"]["window"]["record_count"]) == ("", 180)
    assert answer["checked"]["templates"] == 7


def test_the_quiet_minute_has_nothing_unusual_and_no_baseline(api: TestClient) -> None:
    assert ask(api, 0, 1)["verdict"] == "not enough history"
    same = {"baseline_start": BEGIN, "baseline_end": BEGIN + MINUTE}
    answer = ask(api, 0, 1, **same)
    assert (answer["verdict"], answer["culprits"]) == ("nothing unusual", [])
    assert ask(api, -2, -1, **same)["verdict"] == "no traces"
