"""A small system whose figures are known: 40 requests through three services, of which 8 are slow and fail."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import httpx
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.e2e.running import Collector, eventually
from tests.factories import key_values, logs, record, span, trace_ids, traces

REQUESTS: Final = 40
FAILED: Final = 8
MILLISECOND: Final = 1_000_000
SECOND: Final = 1000 * MILLISECOND
# So many calls has the long trace: more than the collector of the tests draws.
LONG: Final = 60
DRAWN: Final = 50
EXCEPTION: Final = {
    "exception.type": "pay.Declined",
    "exception.message": "card 17 declined",
    "exception.stacktrace": 'Traceback (most recent call last):\n  File "/app/pay.py", line 12\n    refuse()',
}


@dataclass(frozen=True, slots=True)
class Seeded:
    """A collector with the requests of the last minutes."""

    collector: Collector
    began: int
    failed: str
    """The id of the newest trace that failed."""
    long: str
    """The id of a trace with more spans than the collector draws."""

    @property
    def error(self) -> str:
        """The fingerprint of the group of the exceptions."""
        groups = self.collector.get("/errors")["errors"]
        return str(next(each["fingerprint"] for each in groups if each["type"] == EXCEPTION["exception.type"]))

    def names(self) -> dict[str, str]:
        """What this system calls what `addresses.py` shows."""
        pattern = self.collector.get("/patterns")["patterns"][0]["id"]
        return {
            "trace": self.failed,
            "other": self.long,
            "error": self.error,
            "pattern": pattern,
            "service": "api",
            "operation": "POST /charge",
            "since": "now-15m",
        }

    def address(self, path: str) -> str:
        """A path of the view with the ids filled in."""
        return path.format(trace=self.failed, long=self.long, error=self.error if "{error}" in path else "")


def seed(collector: Collector, also: int = 0) -> Seeded:
    """Send the requests, and return when all of them can be searched, and as many other spans as were sent before."""
    began = time.time_ns() - 300 * SECOND
    requests = [
        _Request(trace_id, began + number * SECOND, number, fails=number % 5 == 4)
        for number, trace_id in enumerate(trace_ids(REQUESTS))
    ]
    (long,) = trace_ids(1)
    send(
        collector,
        traces([each.root() for each in requests], "web"),
        *[
            traces(
                [each.charge() for each in requests if each.number % 2 == half],
                "api",
                **{"service.instance.id": f"api-{half}", "service.version": "1.4"},
            )
            for half in (0, 1)
        ],
        traces([each.query() for each in requests], "db"),
        traces([each.letter() for each in requests], "mail"),
        logs([each.line() for each in requests], "api"),
        traces([_call(long, number, began) for number in range(LONG + 1)], "batch"),
    )
    spans = 4 * REQUESTS + LONG + 1 + also
    eventually(lambda: collector.get("/status"), lambda now: (now["span_count"], now["log_count"]) == (spans, REQUESTS))
    return Seeded(collector, began, [each.trace_id for each in requests if each.fails][-1], long)


def send(collector: Collector, *messages: ExportTraceServiceRequest | ExportLogsServiceRequest) -> None:
    """Send each message over OTLP; all must be taken."""
    for message in messages:
        signal = "logs" if isinstance(message, ExportLogsServiceRequest) else "traces"
        answer = httpx.post(
            f"{collector.address}/v1/{signal}",
            content=message.SerializeToString(),
            headers={"Content-Type": "application/x-protobuf"},
        )
        assert answer.status_code == 200, answer.text


@dataclass(frozen=True, slots=True)
class _Request:
    trace_id: str
    start: int
    number: int
    fails: bool

    @property
    def _length(self) -> int:
        return (2000 if self.fails else 20) * MILLISECOND

    def _span(self, number: int, parent: int, share: float, **fields: Any) -> Span:
        inset = number * 100_000
        end = self.start + int(self._length * share) - inset
        return span(
            self.trace_id, number, parent, start_time_unix_nano=self.start + inset, end_time_unix_nano=end, **fields
        )

    def root(self) -> Span:
        status, attributes = 2 if self.fails else 0, {"http.route": "/pay", "region": "eu" if self.fails else "us"}
        return self._span(1, 0, 1, name="GET /pay", kind=2, status=status, attributes=attributes)

    def charge(self) -> Span:
        made = self._span(2, 1, 0.9, name="POST /charge", kind=2, status=2 if self.fails else 0)
        if self.fails:
            made.events.add(name="exception", time_unix_nano=self.start, attributes=key_values(EXCEPTION))
        return made

    def query(self) -> Span:
        return self._span(3, 2, 0.5, name="SELECT cards", kind=2)

    def letter(self) -> Span:
        return self._span(4, 2, 0.6, name="send letter", kind=5)

    def line(self) -> LogRecord:
        return record(
            f"card {self.number} {'declined' if self.fails else 'charged'}",
            time=self.start + MILLISECOND,
            severity_number=17 if self.fails else 9,
            trace_id=self.trace_id,
            span_id=f"{2:016x}",
        )


def _call(trace_id: str, number: int, began: int) -> Span:
    start = began + number * MILLISECOND
    end = start + (LONG + 1 if number == 0 else 1) * MILLISECOND
    name, parent = ("night run", 0) if number == 0 else (f"step {number}", 1)
    return span(trace_id, number + 1, parent, name=name, start_time_unix_nano=start, end_time_unix_nano=end)
