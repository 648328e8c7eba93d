"""The five questions that people ask most, timed one after the other on a collector at rest."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import (
    SEVERITY_NUMBER_ERROR,
    SEVERITY_NUMBER_INFO,
    LogRecord,
    ResourceLogs,
    ScopeLogs,
)

from bench import spans
from bench.client import Client
from bench.collector import Collector
from bench.ids import BodyIds, Shape
from bench.ports import HOST
from bench.stats import percentile

RUNS = 20
_LOG_BODIES = 100
_LOG_RECORDS = 512
_PATIENCE_SECONDS = 60.0

_NEWEST = "/api/v1/traces?limit=20"
_SLOWEST = "/api/v1/traces?service=checkout&attribute=user.tier%3Dbusiness&sort=slowest&limit=20"
_SERVICES = "/api/v1/services?start=now-1h"
_LOGS = "/api/v1/logs?text=timed%20out&limit=100"


@dataclass(frozen=True, slots=True)
class Timing:
    """One question: how it was asked, how often, and what it took, in seconds."""

    name: str
    path: str
    p50: float
    p99: float


def prepare(collector: Collector) -> int:
    """Give the collector some logs to search, and wait until it has them all; the answer is how many."""
    with Client(HOST, collector.http) as client:
        for number in range(_LOG_BODIES):
            answer = client.post("/v1/logs", gzip.compress(_log_body(number), 1))
            if not answer.accepted:
                raise RuntimeError(f"The collector answered {answer.status} to logs.")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while collector.get("/api/v1/status")["log_count"] < _LOG_BODIES * _LOG_RECORDS:
        if time.monotonic() > deadline:
            raise TimeoutError("Acknowledged log records cannot be searched after a minute.")
        time.sleep(0.1)
    return _LOG_BODIES * _LOG_RECORDS


def ask(collector: Collector, shape: Shape, run: int, sequences: int) -> list[Timing]:
    """Ask each question some times; traces by id are drawn from bodies that every client has sent."""
    draw = random.Random(1)

    def some_trace() -> str:
        ids = BodyIds(shape, run, client=0, sequence=draw.randrange(max(sequences, 1)))
        return f"/api/v1/traces/{draw.choice(ids.trace_ids())}"

    questions: tuple[tuple[str, Callable[[], str]], ...] = (
        ("services of the last hour", lambda: _SERVICES),
        ("newest 20 traces", lambda: _NEWEST),
        ("slowest 20 of a service with an attribute", lambda: _SLOWEST),
        ("one trace by its id", some_trace),
        ("logs by text", lambda: _LOGS),
    )
    return [_timed(collector, name, path) for name, path in questions]


def _timed(collector: Collector, name: str, path: Callable[[], str]) -> Timing:
    seconds = []
    for _ in range(RUNS):
        asked = path()
        began = time.perf_counter()
        collector.get(asked)
        seconds.append(time.perf_counter() - began)
    return Timing(name, asked, percentile(seconds, 50), percentile(seconds, 99))


def _log_body(number: int) -> bytes:
    now = time.time_ns()
    records = [
        LogRecord(
            time_unix_nano=now - index * 1_000_003,
            severity_number=SEVERITY_NUMBER_ERROR if index % 37 == 0 else SEVERITY_NUMBER_INFO,
            body=AnyValue(string_value=_sentence(number, index)),
        )
        for index in range(_LOG_RECORDS)
    ]
    scope_logs = ScopeLogs(scope=spans.scope(), log_records=records)
    return ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=spans.resource(number), scope_logs=[scope_logs])]
    ).SerializeToString()


def _sentence(number: int, index: int) -> str:
    if index % 37 == 0:
        return f"payment {number}-{index} failed: upstream timed out after {index * 7} ms"
    return f"order {number * _LOG_RECORDS + index} reserved 3 of sku-{index:04} in basket {number}-{index % 50}"
