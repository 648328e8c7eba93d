"""Spans and log records of a recording or a simulation, as OTLP."""

from __future__ import annotations

import gzip
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from bench.client import Client
from bench.collector import Collector
from bench.ports import HOST

# The kinds of OTLP.
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
_A_REQUEST: Final = 4_000
_ERROR: Final = 2
_PATIENCE_SECONDS: Final = 300


@dataclass(slots=True)
class Span:
    """A span as its process records it; `parent` is 0 at a root, `kind` is OTLP's."""

    trace: int
    span: int
    parent: int
    service: str
    instance: str
    name: str
    kind: int
    start: int
    end: int = 0
    error: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A log record; `severity` is OTLP's."""

    time: int
    service: str
    instance: str
    trace: int
    span: int
    severity: int
    text: str


T = TypeVar("T", Span, Record)


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` (inclusive) to `end` (exclusive), in ns."""

    start: int
    end: int

    def shifted(self, shift: int) -> Window:
        """The same so much later."""
        return Window(self.start + shift, self.end + shift)


class Sender:
    """Sends what was recorded over one connection, its times shifted, and waits until all of it can be searched."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._client = Client(HOST, collector.http, timeout=120.0)
        self._spans, self._logs = self._counts()

    def spans(self, spans: Sequence[Span], shift: int, *, status: bool = True) -> None:
        """Send spans; without their status where the senders of a system set none."""
        self._spans += len(spans)
        for request in _requests(spans, lambda part: _traces(part, shift, status=status)):
            self._post("/v1/traces", request)

    def records(self, records: Sequence[Record], shift: int, *, ids: bool = True) -> None:
        """Send log records, with the ids of their traces or without."""
        self._logs += len(records)
        for request in _requests(records, lambda part: _logs(part, shift, ids=ids)):
            self._post("/v1/logs", request)

    def settle(self) -> None:
        """Wait until everything that was sent can be searched."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._counts() < (self._spans, self._logs):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not searchable after {_PATIENCE_SECONDS} seconds")
            time.sleep(0.05)
        self._client.close()

    def _counts(self) -> tuple[int, int]:
        status = self._collector.get("/api/v1/status")
        return status["span_count"], status["log_count"]

    def _post(self, path: str, body: bytes) -> None:
        answer = self._client.post(path, gzip.compress(body, 1))
        if not answer.accepted:
            raise RuntimeError(f"the collector answered {answer.status}: {answer.body[:200]!r}")


def _requests(items: Sequence[T], make: Callable[[Sequence[T]], bytes]) -> Iterator[bytes]:
    for first in range(0, len(items), _A_REQUEST):
        yield make(items[first : first + _A_REQUEST])


def _by_instance(items: Sequence[T]) -> dict[tuple[str, str], list[T]]:
    found: dict[tuple[str, str], list[T]] = defaultdict(list)
    for each in items:
        found[each.service, each.instance].append(each)
    return found


def _resource(resource: Resource, service: str, instance: str) -> None:
    for key, value in (("service.name", service), ("service.instance.id", instance)):
        resource.attributes.add(key=key).value.string_value = value


def _traces(spans: Sequence[Span], shift: int, *, status: bool) -> bytes:
    request = ExportTraceServiceRequest()
    for (service, instance), recorded in _by_instance(spans).items():
        group = request.resource_spans.add()
        _resource(group.resource, service, instance)
        scope = group.scope_spans.add()
        for each in recorded:
            made = scope.spans.add(
                trace_id=each.trace.to_bytes(16, "big"),
                span_id=each.span.to_bytes(8, "big"),
                parent_span_id=each.parent.to_bytes(8, "big") if each.parent else b"",
                name=each.name,
                kind=each.kind,
                start_time_unix_nano=each.start + shift,
                end_time_unix_nano=each.end + shift,
            )
            if each.statement:
                made.attributes.append(_text("db.statement", each.statement))
                made.attributes.append(_text("db.system", "postgresql"))
            if status and each.error:
                made.status.code = _ERROR  # type: ignore[assignment]  # an enum of the wire
                made.status.message = each.error
    return request.SerializeToString()


def _text(key: str, value: str) -> KeyValue:
    made = KeyValue(key=key)
    made.value.string_value = value
    return made


def _logs(records: Sequence[Record], shift: int, *, ids: bool) -> bytes:
    request = ExportLogsServiceRequest()
    for (service, instance), recorded in _by_instance(records).items():
        group = request.resource_logs.add()
        _resource(group.resource, service, instance)
        scope = group.scope_logs.add()
        for each in recorded:
            made = scope.log_records.add(
                time_unix_nano=each.time + shift,
                severity_number=each.severity,
            )
            made.body.string_value = each.text
            if ids:
                made.trace_id = each.trace.to_bytes(16, "big")
                made.span_id = each.span.to_bytes(8, "big")
    return request.SerializeToString()
