"""`/api/v1/colours`: every service that sent something has a place, and keeps it whatever comes after it."""

from __future__ import annotations

import time

from fastapi import FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import colours
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.factories import logs, record, span, trace_ids, traces

PROJECT = "colours"


def project_of(request: Request) -> str:
    return PROJECT


def test_services_that_sent_spans_or_log_records_keep_the_order_in_which_they_were_first_seen(
    collector: Inside,
) -> None:
    (one,) = trace_ids(1)
    app = FastAPI()
    app.include_router(colours.router(collector.engine, collector.collector.entrance.notebook, project_of))
    with TestClient(app) as client:

        def asked() -> list[str]:
            found: list[str] = client.get("/api/v1/colours").json()["services"]
            return found

        assert asked() == []
        # Spans of long ago by their own clocks: what counts is when they were received.
        collector.send(PROJECT, traces([span(one, 1)], "m"), logs([record("x", time=time.time_ns())], "n"))
        assert asked() == ["m", "n"]
        collector.send(PROJECT, traces([span(one, 2)], "a"), traces([span(one, 3)], "m"))
        assert asked() == ["m", "n", "a"] == asked()
