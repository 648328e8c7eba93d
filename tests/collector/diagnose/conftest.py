"""Two minutes of a shop of two services in the store, the second with a slow network in front of `stock`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api import diagnosis, diagnosis_trace, failures
from starlette.requests import Request

from tests.collector.diagnose.minutes import BEGIN, PROJECT, TRACES, trace_id
from tests.collector.inside import Inside
from tests.factories import MINUTE, span, traces

MS = 1_000_000


def project_of(request: Request) -> str:
    return PROJECT


@pytest.fixture(scope="package")
def api(collector: Inside) -> Iterator[TestClient]:
    """The routes of the diagnosis over the two minutes."""
    for minute, tail in ((0, 2), (1, 200)):
        shop: list[Span] = []
        stock: list[Span] = []
        for number in range(TRACES):
            trace = trace_id(minute, number)
            start = BEGIN + minute * MINUTE + number * 1_000 * MS
            jitter = number % 5 * MS // 4
            end = start + 20 * MS + jitter + tail * MS
            shop.append(_span(trace, 1, 0, "GET /item", start, end + 2 * MS))
            shop.append(_span(trace, 2, 1, "call stock", start + MS, end))
            stock.append(_span(trace, 3, 2, "find", start + 3 * MS, end - tail * MS - jitter))
        collector.send(
            PROJECT,
            traces(shop),
            traces(stock, "stock", **{"service.instance.id": "stock-7", "service.version": f"1.{minute}"}),
        )
    app = FastAPI()
    made = APIRouter(prefix="/api/v1")
    diagnosis.add(made, collector.engine, project_of)
    diagnosis_trace.add(made, collector.engine, project_of, 1000)
    app.include_router(made)
    failures.install(app, print)
    with TestClient(app) as client:
        yield client


def _span(trace: str, number: int, parent: int, name: str, start: int, end: int) -> Span:
    return span(trace, number, parent, name=name, start_time_unix_nano=start, end_time_unix_nano=end)
