"""`/api/v1/colours`: every service that sent something has a place, and keeps it whatever comes after it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import colours
from spanwise_collector.errors import QueryLimit
from spanwise_collector.notebook import colours as notebook_colours
from spanwise_collector.query.service_names import service_names
from spanwise_collector.store import Engine
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.factories import logs, record, span, trace_ids, traces

PROJECT = "colours"


@contextmanager
def asking(collector: Inside, project: str) -> Iterator[Callable[[], list[str]]]:
    """What a collector that was just started answers, each time it is called."""

    def project_of(request: Request) -> str:
        return project

    app = FastAPI()
    app.include_router(colours.router(collector.engine, collector.collector.entrance.notebook, project_of))
    with TestClient(app) as client:
        yield lambda: list(client.get("/api/v1/colours").json()["services"])


def test_services_that_sent_spans_or_log_records_keep_the_order_in_which_they_were_first_seen(
    collector: Inside,
) -> None:
    (one,) = trace_ids(1)
    with asking(collector, PROJECT) as asked:
        assert asked() == []
        # Spans of long ago by their own clocks: what counts is when they were received.
        collector.send(PROJECT, traces([span(one, 1)], "m"), logs([record("x", time=time.time_ns())], "n"))
        assert asked() == ["m", "n"]
        collector.send(PROJECT, traces([span(one, 2)], "a"), traces([span(one, 3)], "m"))
        assert asked() == ["m", "n", "a"] == asked()


def test_a_service_has_a_place_that_sent_on_a_day_when_nobody_looked_and_that_of_one_that_is_gone_where_all_are_given(
    collector: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, (one,), today = f"{PROJECT}-days", trace_ids(1), datetime.datetime.now(datetime.UTC).date()
    with asking(collector, project) as asked:
        collector.send(project, traces([span(one, 1)], "first"))
        assert asked() == ["first"]
        collector.send(project, traces([span(one, 2)], "sent"))
        monkeypatch.setattr(colours, "_today", lambda: today + datetime.timedelta(days=9))
        assert asked() == ["first", "sent"]
        notebook_colours.give(collector.collector.entrance.notebook, project, {"gone"})
        monkeypatch.setattr(notebook_colours, "MOST", 3)
        collector.send(project, traces([span(one, 3)], "new"))
        assert asked() == ["first", "sent", "new"]


def test_where_all_that_is_stored_is_too_much_to_look_at_the_last_days_are_looked_at(
    collector: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, (one,) = f"{PROJECT}-much", trace_ids(1)
    collector.send(project, traces([span(one, 1)], "web"))

    def bounded(engine: Engine, project: str, since: int = 0) -> set[str]:
        if since == 0:
            raise QueryLimit("query_timeout", "it took longer than 10 s")
        return service_names(engine, project, since)

    monkeypatch.setattr(colours, "service_names", bounded)
    with asking(collector, project) as asked:
        assert asked() == ["web"]
        monkeypatch.setattr(notebook_colours, "MOST", 1)
        # Once a day it is tried, and said.
        with pytest.raises(QueryLimit):
            asked()
        assert asked() == ["web"]
