"""A system that has just been started, and one that is started again: nothing is broken, and nothing is said to be."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.notebook import problems

from tests.collector.inside import Inside
from tests.factories import MINUTE, logs, record, span, traces

MS, SECOND = 1_000_000, 1_000_000_000
BEGIN = 1_795_700_040_000_000_000
SERVICES = ("shop", "stock")


def send(collector: Inside, project: str, starts: dict[str, list[int]], first: int = 0, last: int = 480) -> None:
    """Requests once a second, from second to second, with a record each; services start at these seconds."""
    spans: dict[str, list[Span]] = {service: [] for service in SERVICES}
    records: dict[str, list[LogRecord]] = {service: [] for service in SERVICES}
    for number in range(first, last):
        at, trace = BEGIN + number * SECOND, f"{0xF0E5_0000 + number:032x}"
        spans["shop"].append(_span(trace, 1, 0, "GET /item", at, at + 20 * MS + number % 5 * MS))
        spans["stock"].append(_span(trace, 2, 1, "find", at + 5 * MS, at + 15 * MS))
        for service in SERVICES:
            records[service].append(_record(f"item {number} served", at + 6 * MS, trace_id=trace))
    for service, seconds in starts.items():
        for second in seconds:
            for line in range(40):
                at = BEGIN + second * SECOND + line * 50 * MS
                records[service].append(_record(f"{LINES[line % len(LINES)]} {line}", at))
    requests: list[Any] = []
    for service in SERVICES:
        requests += [traces(spans[service], service), logs(records[service], service)]
    collector.send(project, *requests)


LINES = ("worker booted", "connected to the database, pool of", "migration applied", "listening on port")


def _span(trace: str, number: int, parent: int, name: str, start: int, end: int) -> Span:
    return span(trace, number, parent, name=name, start_time_unix_nano=start, end_time_unix_nano=end)


def _record(text: str, at: int, **fields: Any) -> LogRecord:
    return record(text, at, **({"severity_number": 9} | fields))


def looks(collector: Inside, project: str, minutes: range) -> set[str]:
    """How looks went, one each minute after the first start."""
    lookout = collector.collector.lookout
    outcomes: set[str] = set()
    for minute in minutes:
        lookout.look_at(project, BEGIN + minute * MINUTE + 5 * SECOND)
        outcomes.add(lookout.last(project).outcome)
    return outcomes


def sentences(collector: Inside, project: str) -> list[str]:
    notebook = collector.collector.entrance.notebook
    found, _ = problems.every(notebook, project, start=0, end=1 << 62, open_only=False, limit=9)
    return [each.seen.sentence for each in found]


@pytest.mark.parametrize(
    ("project", "starts"),
    [
        ("fresh", {"shop": [-5], "stock": [-2]}),
        ("early", {"shop": [-150], "stock": [-150]}),
        ("again", {"shop": [-5, 300], "stock": [-2, 330]}),
    ],
    ids=["all at once", "long before the first request", "started again while it works"],
)
def test_a_start_is_no_problem(collector: Inside, project: str, starts: dict[str, list[int]]) -> None:
    send(collector, project, starts)
    assert "looked" in looks(collector, project, range(1, 9))
    assert sentences(collector, project) == []


def test_a_service_that_begins_to_fail_after_the_start_is_a_problem(collector: Inside) -> None:
    send(collector, "ill", {"shop": [-5], "stock": [-2]})
    refused = [_record("disk is full", BEGIN + number * SECOND, severity_number=17) for number in range(300, 480)]
    collector.send("ill", logs(refused, "stock"))
    looks(collector, "ill", range(1, 9))
    (sentence,) = sentences(collector, "ill")
    assert sentence.startswith("stock fails: stock logs “disk is full”")
