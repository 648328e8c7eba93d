"""Cells of the heat map against counting in Python."""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from typing import Any

import pytest
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.histogram import Cell, Grid, Histogram, What, histogram, row_bounds
from spanwise_collector.query.language.parse import parse

from tests.collector.inside import Inside
from tests.contract import query_definition
from tests.contract.query_corpus import make_logs, make_spans
from tests.contract.query_wire import log_request, span_request
from tests.factories import MINUTE, START
from tests.generated import seed

PROJECT = "histogram"
END = (START // MINUTE + 20) * MINUTE


@pytest.fixture(scope="module")
def sent(collector: Inside) -> dict[str, Any]:
    chance = random.Random(seed())
    spans = make_spans(chance, 80)
    records = make_logs(chance, 200, sorted({each.trace_id for each in spans}))
    half = len(spans) // 2
    collector.send(PROJECT, span_request(spans[:half]), span_request(spans[half:]), log_request(records))
    return {"spans": spans, "logs": records}


def ask(collector: Inside, what: What, q: str, start: int, columns: int, per: int = 2) -> Histogram:
    return histogram(collector.engine, Grid(PROJECT, what, start, END, parse(q, what).where, columns, per))


def row(duration: int, per: int) -> int | None:
    if duration < 0:
        return None
    return math.floor(math.log2(max(1, duration)) * 4) * per // 4


def cells(rows: list[tuple[int, int | None, bool]], step: int) -> list[Cell]:
    counted: dict[tuple[int, int | None], list[int]] = defaultdict(lambda: [0, 0])
    for time, place, failed in rows:
        cell = counted[time // step * step, place]
        cell[0] += 1
        cell[1] += failed
    order = sorted(counted.items(), key=lambda item: (item[0][0], math.inf if item[0][1] is None else item[0][1]))
    return [Cell(time, place, n, failed) for (time, place), (n, failed) in order]


def of_spans(spans: list[Span], q: str, start: int, end: int, per: int) -> list[tuple[int, int | None, bool]]:
    where = parse(q, "spans").where
    return [
        (each.start, row(each.end - each.start, per), each.status_code == 2)
        for each in spans
        if start <= each.start < end and query_definition.holds(where, each)
    ]


@pytest.mark.parametrize(
    ("q", "columns", "source"),
    [
        ("", 10, "sums and rows"),
        ("service:api -status:error", 10, "sums and rows"),
        ('kind:server OR name:"GET *" OR name:/health/', 5, "sums and rows"),
        ("", 200, "rows"),
        ("duration>1ms", 10, "rows"),
        ("http.route:*", 10, "rows"),
    ],
)
@pytest.mark.parametrize("per", [1, 4])
def test_cells_of_spans_hold_what_counting_finds(
    collector: Inside, sent: dict[str, Any], q: str, columns: int, source: str, per: int
) -> None:
    start, end = START + MINUTE // 3, END
    found = ask(collector, "spans", q, start, columns, per)
    assert found.cells == cells(of_spans(sent["spans"], q, start, end, per), found.step)
    assert (found.source, found.exact) == (source, True)
    assert len({each.time for each in found.cells}) <= columns


def test_whole_minutes_are_read_from_the_sums_alone(collector: Inside, sent: dict[str, Any]) -> None:
    start, end = START // MINUTE * MINUTE, END
    found = ask(collector, "spans", "service:*", start, 10)
    assert found.source == "sums"
    assert found.cells == cells(of_spans(sent["spans"], "", start, end, 2), found.step)


@pytest.mark.parametrize("q", ["", "status:error", "trace.duration>500ms", "{ service:api } && { service:db }"])
def test_cells_of_traces_hold_traces_that_began_then(collector: Inside, sent: dict[str, Any], q: str) -> None:
    by_trace: dict[str, list[Span]] = defaultdict(list)
    for each in sent["spans"]:
        by_trace[each.trace_id].append(each)
    where = parse(q, "traces").where
    rows = []
    for spans in by_trace.values():
        began = min(each.start for each in spans)
        ended = max(each.start + each.duration for each in spans)
        if START + 2 * MINUTE <= began < END and query_definition.trace_holds(where, spans):
            rows.append((began, row(ended - began, 2), any(each.status_code == 2 for each in spans)))
    found = ask(collector, "traces", q, START + 2 * MINUTE, 30)
    assert found.cells == cells(rows, found.step)
    assert found.exact


def test_a_question_of_who_is_below_whom_is_not_exact(collector: Inside, sent: dict[str, Any]) -> None:
    assert not ask(collector, "traces", "{ service:api } >> { service:db }", START, 30).exact


@pytest.mark.parametrize("q", ["", "service:api", "payment"])
def test_cells_of_logs_are_by_severity(collector: Inside, sent: dict[str, Any], q: str) -> None:
    where = parse(q, "logs").where
    records: list[LogRecord] = [each for each in sent["logs"] if query_definition.holds(where, each)]
    found = ask(collector, "logs", q, START, 30)
    rows: list[tuple[int, int | None, bool]] = [
        (each.time, (each.severity_number - 1) // 4 * 4 + 1 if each.severity_number else 0, each.severity_number >= 17)
        for each in records
    ]
    assert found.cells == cells(rows, found.step)


def test_nothing_is_nothing(collector: Inside) -> None:
    found = histogram(collector.engine, Grid("nobody's", "spans", START, END))
    assert (found.cells, found.start, found.end) == ([], START, END)


def test_rows_of_cells_join_without_gaps() -> None:
    for per in (1, 2, 4):
        bounds = [row_bounds(each, per) for each in range(200)]
        assert bounds[0][0] == 0
        assert all(low[1] == high[0] for low, high in itertools.pairwise(bounds))
