"""Spans that failed, with a status and without: the store, the rules and every list mean the same."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from spanwise_collector.model.span import SERVER
from spanwise_collector.query import trace, trace_columns
from spanwise_collector.query.arrivals import arrivals
from spanwise_collector.query.histogram import Grid, histogram
from spanwise_collector.query.services import services
from spanwise_collector.query.traces import TraceSearch, search
from spanwise_collector.store.tables import spans
from spanwise_collector.trace.failure import failed
from sqlalchemy import func, select

from tests import factories
from tests.collector.inside import Inside
from tests.factories import MINUTE, START, span, trace_ids

PROJECT = "failed"
RANGE = (START, START + MINUTE)
TOLD: list[dict[str, Any]] = [
    {},
    *(
        {key: value}
        for key, value in product(
            ("http.response.status_code", "http.status_code", "rpc.grpc.status_code"),
            (0, 1, 2, 14, 499, 500, 599, 1000, -500, "14", "503", "499", "5xx", "", " 503", True, 503.0, [503]),
        )
    ),
    *({"error": value} for value in (True, False, "true", "TRUE", "false", "1", 1, "")),
    {"error.type": "timeout"},
    {"http.response.status_code": 200, "rpc.grpc.status_code": 13},
    {"http.response.status_code": "0503", "error": "TRue"},
]


@pytest.fixture(scope="module")
def trace_id(collector: Inside) -> str:
    (made,) = trace_ids(1)
    cases = [(told, status) for told in TOLD for status in (0, 1, 2)]
    sent = [
        span(made, number, 0 if number == 1 else 1, kind=SERVER, attributes=told, status=status)
        for number, (told, status) in enumerate(cases, 1)
    ]
    collector.send(PROJECT, factories.traces(sent, instance="a"))
    return made


def count(collector: Inside, made: str) -> int:
    """How many spans of the trace failed by trace/failure.py, which the rules go by."""
    return sum(failed(node.span) for node in trace.load(collector.engine, PROJECT, made, 10_000).nodes)


def test_the_store_says_of_each_span_what_the_rules_say(collector: Inside, trace_id: str) -> None:
    rows = collector.engine.read(
        select(func.hex(spans.c.span_id).label("id"), spans.c.failed).where(spans.c.project == PROJECT)
    )
    stored = {row.id.lower(): bool(row.failed) for row in rows}
    by_rule = {node.span.span_id: node.span for node in trace.load(collector.engine, PROJECT, trace_id, 10_000).nodes}
    assert {each: by_rule[each].attributes for each in stored if stored[each] != failed(by_rule[each])} == {}
    assert len(TOLD) < sum(stored.values()) < len(stored) == 3 * len(TOLD)


def test_lists_rates_and_pictures_count_them_alike(collector: Inside, trace_id: str) -> None:
    engine, wanted = collector.engine, count(collector, trace_id)
    (service,) = services(engine, PROJECT, *RANGE).items
    assert (service.error_count, service.request_error_count) == (wanted, wanted)
    (listed,) = search(engine, TraceSearch(PROJECT, *RANGE)).items
    assert sum(listed.errors.values()) == wanted
    (sender,) = arrivals(engine, PROJECT, START)
    assert sender.error_count == wanted
    assert int(trace_columns.load(engine, PROJECT, trace_id, 10_000).failed.sum()) == wanted
    for end in (RANGE[1], RANGE[1] - 1):
        cells = histogram(engine, Grid(PROJECT, "spans", START // MINUTE * MINUTE, end)).cells
        assert sum(cell.errors for cell in cells) == wanted
