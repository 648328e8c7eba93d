"""Log records of about 200 bytes, made and compressed before they are sent."""

from __future__ import annotations

import gzip
import random
import time
from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import (
    SEVERITY_NUMBER_ERROR,
    SEVERITY_NUMBER_INFO,
    LogRecord,
    ResourceLogs,
    ScopeLogs,
)

from bench import spans

RECORDS = 512
_VERBS = ("reserved", "released", "charged", "refunded", "shipped", "returned")


@dataclass(frozen=True, slots=True)
class LogBody:
    """One request; nothing of it is known again."""

    gzip: bytes


class LogBodies:
    """The bodies of one client: so many, each of `RECORDS` records with a trace, a span, two attributes and a text."""

    def __init__(self, client: int, run: int, count: int) -> None:
        draw = random.Random(client << 16 | run)
        self._bodies = [LogBody(gzip.compress(_body(client, number, draw), 1)) for number in range(count)]

    def body(self, sequence: int, now: int) -> LogBody:
        """The body of that number."""
        return self._bodies[sequence]


def plain_bytes() -> float:
    """How large a record is on the wire before it is compressed."""
    return len(_body(0, 0, random.Random(0))) / RECORDS


def _body(client: int, number: int, draw: random.Random) -> bytes:
    now = time.time_ns()
    records = [
        LogRecord(
            time_unix_nano=now - index * 1_000_003,
            severity_number=SEVERITY_NUMBER_ERROR if index % 37 == 0 else SEVERITY_NUMBER_INFO,
            trace_id=draw.randbytes(16),
            span_id=draw.randbytes(8),
            body=AnyValue(string_value=_sentence(number * RECORDS + index, draw)),
            attributes=[
                KeyValue(key="http.route", value=AnyValue(string_value=f"/orders/{{id}}/{index % 12}")),
                KeyValue(key="user.id", value=AnyValue(int_value=draw.randrange(100_000))),
            ],
        )
        for index in range(RECORDS)
    ]
    scope_logs = ScopeLogs(scope=spans.scope(), log_records=records)
    logs = ResourceLogs(resource=spans.resource(client), scope_logs=[scope_logs])
    return ExportLogsServiceRequest(resource_logs=[logs]).SerializeToString()


def _sentence(number: int, draw: random.Random) -> str:
    if number % 37 == 0:
        return f"payment {number} failed: upstream timed out after {draw.randrange(5000)} ms, {draw.randrange(4)} tries"
    sku, basket = draw.randrange(20_000), draw.randrange(100_000)
    what = f"order {number} {_VERBS[number % len(_VERBS)]} 3 of sku-{sku:05} in basket {basket}"
    return f"{what} of warehouse {number % 9}, picked by shelf {basket % 97}"
