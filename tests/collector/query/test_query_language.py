"""Generated queries, answered by the engine and by the language's definition in plain Python: equal."""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query import traces
from spanwise_collector.query.conditions import TABLES, condition
from spanwise_collector.query.language.parse import Limits, parse
from spanwise_collector.query.language.tree import Node, Signal
from spanwise_collector.query.page import Page
from spanwise_collector.query.patterns import widened
from spanwise_collector.query.records import RecordSearch, search_logs, search_spans
from spanwise_collector.query.times import MAX_TIME
from spanwise_collector.query.traces import TraceSearch
from spanwise_collector.store import Engine
from sqlalchemy import Select, func, select

from tests.collector.inside import Inside
from tests.contract import query_definition
from tests.contract.query_corpus import Asking, make_logs, make_spans
from tests.contract.query_wire import log_request, span_request
from tests.factories import START
from tests.generated import seed

T = TypeVar("T")
PROJECT = "query language"
QUERIES = int(os.environ.get("SPANWISE_QUERIES", "1000"))
# Queries that the engine answers at a time: planning each by itself takes longer than answering it.
TOGETHER = 40
Id = tuple[int, str, str]
LIMITS = Limits(depth=40)


@dataclass(frozen=True)
class Sent:
    spans: list[Span]
    logs: list[LogRecord]

    @property
    def traces(self) -> dict[str, list[Span]]:
        found: dict[str, list[Span]] = defaultdict(list)
        for span in self.spans:
            found[span.trace_id].append(span)
        return found


@pytest.fixture(scope="module")
def sent(collector: Inside) -> Sent:
    chance = random.Random(seed())
    spans = make_spans(chance, 60)
    logs = make_logs(chance, 200, sorted({span.trace_id for span in spans}))
    requests: list[ExportTraceServiceRequest | ExportLogsServiceRequest] = []
    for number in range(2):
        requests += [span_request(spans[number::2]), log_request(logs[number::2])]
    collector.send(PROJECT, *requests)
    patterns = _patterns(collector, logs)
    return Sent(spans, [replace(each, pattern=patterns[each.service, query_definition.form_of(each)]) for each in logs])


def _patterns(collector: Inside, logs: list[LogRecord]) -> dict[tuple[str, str], str]:
    """The ids that the engine gave to services and forms: one to each, and no two the same."""
    request = RecordSearch(PROJECT, 0, MAX_TIME, limit=100)
    stored = list(walk(collector, search_logs, request))
    pairs = {((each.service, query_definition.form_of(each)), each.pattern) for each in stored}
    found = dict(pairs)
    assert len(found) == len(pairs) == len(set(found.values()))
    assert set(found) == {(each.service, query_definition.form_of(each)) for each in logs}
    return found


def questions(sent: Sent, level: str, share: float) -> list[str]:
    chance = random.Random(seed())
    asking = Asking(chance, sorted(sent.traces), sorted({each.pattern for each in sent.logs}))
    return [asking.about(level) for _ in range(round(QUERIES * share))]


def _same_span(span: Span) -> tuple[Any, ...]:
    return (span.start, span.trace_id, span.span_id, span.name, span.kind, repr(dict(span.attributes)))


def _same_record(record: LogRecord) -> tuple[Any, ...]:
    return (
        record.time,
        record.service,
        record.severity_number,
        repr(record.body),
        record.trace_id,
        repr(sorted(record.attributes.items(), key=repr)),
    )


def test_spans_are_those_of_the_definition(collector: Inside, sent: Sent) -> None:
    for text, where, found in answered(collector, questions(sent, "spans", 0.5), "spans"):
        assert found == sorted(
            (span.start, span.trace_id, span.span_id) for span in sent.spans if query_definition.holds(where, span)
        ), text


def answered(collector: Inside, texts: list[str], signal: Signal) -> Iterator[tuple[str, Node, list[Id]]]:
    """Each query with the rows it finds, by time and ids: one in ten by itself, the others together, a column each."""
    columns = TABLES[signal].c
    time = columns.start_time_unix_nano if signal == "spans" else columns.time_unix_nano
    every = select(time.label("at"), columns.trace_id, columns.span_id).where(columns.project == PROJECT)
    parsed = [(text, parse(text, signal, LIMITS).where) for text in texts]
    for text, where in parsed[::10]:
        yield text, where, [_id(row) for row in _sorted(collector, every.where(condition(where, signal)))]
    for first in range(0, len(parsed), TOGETHER):
        some = parsed[first : first + TOGETHER]
        holds = [func.if_(condition(where, signal), 1, 0).label(f"q{number}") for number, (_, where) in enumerate(some)]
        rows = _sorted(collector, every.add_columns(*holds))
        for number, (text, where) in enumerate(some, 3):
            yield text, where, [_id(row) for row in rows if row[number]]


def _sorted(collector: Inside, query: Select[*tuple[Any, ...]]) -> list[Any]:
    return sorted(collector.engine.read(query), key=lambda row: tuple(row[:3]))


def _id(row: Any) -> Id:
    return row.at, row.trace_id.hex(), row.span_id.hex()


def test_pages_hold_whole_spans_and_records_of_the_definition_once_in_order(collector: Inside, sent: Sent) -> None:
    """The same through the lists that are shown, page by page."""
    for text in questions(sent, "spans", 0.01):
        where = parse(text, "spans", LIMITS).where
        spans = list(walk(collector, search_spans, RecordSearch(PROJECT, 0, MAX_TIME, where, limit=40)))
        assert [span.start for span in spans] == sorted((span.start for span in spans), reverse=True), text
        wanted = [span for span in sent.spans if query_definition.holds(where, span)]
        assert Counter(map(_same_span, spans)) == Counter(map(_same_span, wanted)), text
    for text in questions(sent, "logs", 0.01):
        where = parse(text, "logs", LIMITS).where
        records = list(walk(collector, search_logs, RecordSearch(PROJECT, 0, MAX_TIME, where, "oldest", limit=40)))
        assert [record.time for record in records] == sorted(record.time for record in records), text
        # A list takes every form of a template for one (query/patterns.py).
        meant = widened(collector.engine, PROJECT, where)
        kept = [record for record in sent.logs if query_definition.holds(meant, record)]
        assert Counter(map(_same_record, records)) == Counter(map(_same_record, kept)), text


def walk(collector: Inside, search: Callable[[Engine, RecordSearch], Page[T]], asked: RecordSearch) -> Iterator[T]:
    """Every page to the end."""
    while True:
        page = search(collector.engine, asked)
        yield from page.items
        if page.next_cursor is None:
            return
        asked = replace(asked, cursor=page.next_cursor)


def test_log_records_are_those_of_the_definition(collector: Inside, sent: Sent) -> None:
    for text, where, found in answered(collector, questions(sent, "logs", 0.4), "logs"):
        wanted = [record for record in sent.logs if query_definition.holds(where, record)]
        assert found == sorted(
            (record.time, record.trace_id or "0" * 32, record.span_id or "0" * 16) for record in wanted
        ), text


@pytest.mark.parametrize("sort", ["newest", "slowest"])
def test_traces_are_those_of_the_definition_in_its_order(collector: Inside, sent: Sent, sort: Any) -> None:
    for text in questions(sent, "traces", 0.04):
        where = parse(text, "traces", LIMITS).where
        page = traces.search(collector.engine, TraceSearch(PROJECT, START, MAX_TIME, where, sort, limit=1000))
        wanted = [spans for spans in sent.traces.values() if query_definition.trace_holds(where, spans)]
        assert [each.trace_id for each in page.items] == [
            spans[0].trace_id for spans in sorted(wanted, key=lambda spans: _place(spans, sort), reverse=True)
        ], text


def _place(spans: list[Span], sort: str) -> tuple[int, str]:
    start = min(span.start for span in spans)
    longest = max(span.start + span.duration for span in spans) - start
    return (start if sort == "newest" else longest, spans[0].trace_id)
