"""The same spans and log records give the same verdicts, in whatever order and pieces they arrive."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api import diagnosis, diagnosis_trace, failures
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.collector.inside import Request as Sent
from tests.factories import MINUTE, logs, record, span, traces

BEGIN = 1_795_700_040_000_000_000
MS = 1_000_000
TRACES = 40
PIECES = 5
ERROR = 17
SEEDS = (None, 1, 2)
FOUND = ("order-0", "order-1", "order-2")


def trace_id(minute: int, number: int) -> str:
    return f"{0x0DE2 + minute:028x}{number:04x}"


def telemetry() -> Iterator[tuple[str, Span | LogRecord]]:
    """A quiet minute, and one in which stock is slow and fails; many spans are of exactly the same length."""
    for minute in (0, 1):
        for number in range(TRACES):
            trace, at = trace_id(minute, number), BEGIN + minute * MINUTE + number * 1_000 * MS
            slow = 40 * MS if minute else 0
            fails = bool(minute and number % 3 == 0)

            def made(service: str, ids: tuple[int, int], name: str, start: int, end: int, status: int = 0) -> Any:
                times = {"start_time_unix_nano": at + start, "end_time_unix_nano": at + end}  # noqa: B023
                return service, span(trace, *ids, name=name, status=status, **times)  # noqa: B023

            yield made("shop", (1, 0), "GET /item", 0, 30 * MS + slow)
            yield made("shop", (2, 1), "call stock", MS, 20 * MS + slow)
            yield made("stock", (3, 2), "find", 2 * MS, 18 * MS + slow, 2 if fails else 0)
            if not fails:
                yield made("stock", (4, 3), "SELECT", 3 * MS, 17 * MS)
                yield made("stock", (5, 3), "SELECT", 3 * MS, 17 * MS)
            yield made("price", (6, 1), "price", 21 * MS + slow, 22 * MS + slow)
            said = {"trace_id": trace, "span_id": f"{3:016x}"}
            text = f"item {number} cannot be read: disk {number % 2} is away" if fails else f"item {number} found"
            yield "stock", record(text, at + 4 * MS, severity_number=ERROR if fails else 9, **said)


def requests(seed: int | None) -> list[Sent]:
    """All of it: as it happened in one request a service and signal, or shuffled in many small ones."""
    items = list(telemetry())
    pieces = [items]
    if seed is not None:
        mixed = random.Random(seed).sample(items, len(items))
        pieces = [mixed[number::PIECES] for number in range(PIECES)]
    made: list[Sent] = []
    for piece in pieces:
        spans, records = defaultdict[str, list[Span]](list), defaultdict[str, list[LogRecord]](list)
        for service, item in piece:
            if isinstance(item, Span):
                spans[service].append(item)
            else:
                records[service].append(item)
        made += [traces(each, service, **{"service.instance.id": f"{service}-1"}) for service, each in spans.items()]
        made += [logs(each, service, **{"service.instance.id": f"{service}-1"}) for service, each in records.items()]
    return made


@pytest.fixture(scope="module")
def api(collector: Inside) -> Iterator[TestClient]:
    """The routes of the diagnosis; the header says in which order the project got its telemetry."""
    for project, seed in zip(FOUND, SEEDS, strict=True):
        collector.send(project, *requests(seed))
    app = FastAPI()
    made = APIRouter(prefix="/api/v1")

    def project_of(request: Request) -> str:
        return request.headers["x-project"]

    diagnosis.add(made, collector.engine, project_of)
    diagnosis_trace.add(made, collector.engine, project_of, 1000)
    app.include_router(made)
    failures.install(app, print)
    with TestClient(app) as client:
        yield client


def answers(api: TestClient, path: str) -> list[Any]:
    """What each project is told, without what it cost."""
    baseline = {"baseline_start": BEGIN, "baseline_end": BEGIN + MINUTE}
    window = {} if "traces" in path else {"start": BEGIN + MINUTE, "end": BEGIN + 2 * MINUTE}
    found = []
    for project in FOUND:
        answer = api.get(path, params={**window, **baseline}, headers={"x-project": project}).json()
        for cost in ("rows_scanned", "time"):
            answer.pop(cost, None)
        found.append(answer)
    return found


def test_the_verdict_on_a_window_is_the_same_to_the_last_figure(api: TestClient) -> None:
    first, *others = answers(api, "/api/v1/diagnosis")
    assert first["culprits"][0]["service"] == "stock"
    assert {each["kind"] for culprit in first["culprits"] for each in culprit["evidence"]} >= {"span"}
    assert others == [first, first]


@pytest.mark.parametrize("number", [0, 1])
def test_the_verdict_on_a_trace_is_the_same_to_the_last_figure(api: TestClient, number: int) -> None:
    first, *others = answers(api, f"/api/v1/traces/{trace_id(1, number)}/diagnosis")
    assert first["verdict"] == "findings"
    assert others == [first, first]
