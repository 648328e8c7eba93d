"""Lists walked to the end while spans and logs come in: each row that was there at the start exactly once."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.ids import Shape
from bench.load import Load, Plan
from bench.logs import RECORDS
from tests.collector.process import Process, process

# Spans a second, and half as many log records. One thread sends up to a thousand, and dates a twentieth of its batches
# into the past; the rest comes from processes.
RATE = int(os.environ.get("SPANWISE_RATE", "300"))
BY_THREAD = min(RATE, 1000)
BEFORE = 4 * RATE
BATCH = 50


# Where so much comes in, each list begins with an empty collector, or the last would have millions to walk through.
@pytest.fixture(scope="module" if RATE == BY_THREAD else "function")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, int]]:
    """A collector, and the time at which everything that it held had happened before."""
    with process(tmp_path_factory.mktemp("walk") / "data") as service:
        now = time.time_ns()
        for first in range(0, BEFORE, 1000):
            send(service, "before", range(first, min(first + 1000, BEFORE)), now - 60_000_000_000)
        service.settle()
        yield service, now


def send(service: Process, name: str, numbers: range, start: int) -> None:
    """Spans, each a trace of its own, and a log record to every second; ten of them at each time."""
    spans, logs = ExportTraceServiceRequest(), ExportLogsServiceRequest()
    made, written = spans.resource_spans.add().scope_spans.add(), logs.resource_logs.add().scope_logs.add()
    for number in numbers:
        at = start + number // 10
        identity = f"{name:.6}".encode().ljust(8, b"_") + number.to_bytes(8, "big")
        made.spans.add(
            trace_id=identity, span_id=identity[8:-1] + b"s", name=f"{name} {number}",
            start_time_unix_nano=at, end_time_unix_nano=at + 1000 + number,
        )  # fmt: skip
        if number % 2:
            written.log_records.add(time_unix_nano=at).body.string_value = f"{name} {number}"
    for path, request in (("/v1/traces", spans), ("/v1/logs", logs)):
        assert service.post(path, request.SerializeToString()).is_success


@contextmanager
def coming_in(service: Process) -> Iterator[None]:
    """More of both while the block runs: mostly of now, some that come late and lie among what was there."""
    over = threading.Event()
    batch = max(BATCH, BY_THREAD // 10)

    def run() -> None:
        number = 0
        while not over.wait(batch / BY_THREAD):
            late = number // batch % 20 == 0
            send(service, "late" if late else "now", range(number, number + batch), time.time_ns() - late * 60 * 10**9)
            number += batch

    sender = threading.Thread(target=run)
    sender.start()
    try:
        with flood(service):
            yield
    finally:
        over.set()
        sender.join()


@contextmanager
def flood(service: Process) -> Iterator[None]:
    """What no thread of ours can send, while the block runs; says how much came in."""
    if RATE == BY_THREAD:
        yield
        return
    port = int(service.http.rpartition(":")[2])
    spans = Load(Plan(port, math.inf, 2, rate=RATE))
    logs = Load(Plan(port, math.inf, 1, shape=Shape(RECORDS), signal="logs", rate=RATE / 2))
    for load in (spans, logs):
        load.start()
    began = time.monotonic()
    try:
        yield
    finally:
        seconds = time.monotonic() - began
        for load, name in ((spans, "spans"), (logs, "log records")):
            print(f"{load.acknowledged() / seconds:,.0f} {name} a second came in for {seconds:.1f} s")
            load.end()


@pytest.mark.parametrize(
    ("path", "sort", "expected"),
    [
        ("spans", "newest", range(BEFORE)),
        ("spans", "oldest", range(BEFORE)),
        ("logs", "newest", range(1, BEFORE, 2)),
        ("traces", "newest", range(BEFORE)),
    ],
)
def test_every_row_that_was_there_is_met_once(
    filled: tuple[Process, int], path: str, sort: str, expected: range
) -> None:
    service, start = filled
    met: Counter[str] = Counter()
    parameters: dict[str, Any] = {"limit": 1000 if RATE > 1000 else 100, "sort": sort, "start": 0}
    # What is newer than the start is left out where the list would never end.
    if sort == "oldest":
        parameters["end"] = start
    with coming_in(service):
        while True:
            page = service.get(f"/{path}", **parameters)
            met.update(name for name in map(_name, page[path]) if name.startswith(("before", "now", "late")))
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
    assert {name: count for name, count in met.items() if name.startswith("before ")} == {
        f"before {number}": 1 for number in expected
    }
    assert set(met.values()) == {1}


def _name(item: dict[str, Any]) -> str:
    name = item.get("name") or item.get("root_name") or item["body"]
    # Batches of later tests carry the same names again; their times tell them apart.
    return (
        name if name.startswith("before ") else f"{name} {item.get('start_time_unix_nano') or item['time_unix_nano']}"
    )


def test_case_93_no_number_or_range_makes_an_answer_without_end(filled: tuple[Process, int]) -> None:
    service, _ = filled
    for path in ("traces", "spans", "logs", "aggregate"):
        for limit in ("1000000000000", "-1", "0", "NaN", "1e3", "inf"):
            answer = service.client.get(f"/api/v1/{path}", params={"limit": limit})
            assert (answer.status_code, answer.json()["error"]["parameter"]) == (422, "limit"), (path, limit)
        century = {"start": "1970-01-01T00:00:00Z", "end": "2070-01-01T00:00:00Z"}
        assert service.client.get(f"/api/v1/{path}", params=century).json()["returned"] <= 100


@pytest.mark.parametrize("name", ["..%2f..%2fetc", "%252e%252e%252fetc", "..%252f", "%00", "etc%2fpasswd", "%c0%ae"])
def test_case_95_a_path_in_place_of_a_trace_id_is_no_trace(filled: tuple[Process, int], name: str) -> None:
    service, _ = filled
    for route in (f"/api/v1/traces/{name}", f"//api/v1/traces/{name}", f"/api/v1/traces/{name}/diagnosis"):
        answer = service.client.get(route)
        assert answer.status_code in (400, 404), route
        assert set(answer.json()) in ({"error"}, {"code", "message"}), route
