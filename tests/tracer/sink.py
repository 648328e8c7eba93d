"""A small real collector for tests: takes OTLP over HTTP on its own socket and keeps what it was sent."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


def plain(value: AnyValue) -> Any:
    """The Python value of an OTLP value."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [plain(member) for member in value.array_value.values]
    if kind == "kvlist_value":
        return attributes(value.kvlist_value.values)
    return getattr(value, kind)


def attributes(pairs: Any) -> dict[str, Any]:
    """The Python dict of OTLP attributes."""
    return {pair.key: plain(pair.value) for pair in pairs if isinstance(pair, KeyValue)}


@dataclass(frozen=True)
class SentSpan:
    """One span as it arrived."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    status: int
    status_message: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    links: list[tuple[str, str]]
    flags: int
    trace_state: str
    start_ns: int
    end_ns: int
    resource: dict[str, Any] = field(repr=False)

    @property
    def service(self) -> str:
        return str(self.resource["service.name"])


@dataclass(frozen=True)
class SentRecord:
    """One log record as it arrived."""

    body: Any
    severity: int
    level: str
    logger: str
    trace_id: str
    span_id: str
    attributes: dict[str, Any]
    resource: dict[str, Any] = field(repr=False)


class Sink:
    """Use as a context manager; `answer` may be replaced: path to (status, headers, body)."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "https" if tls else "http"
        self.bodies: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[str], tuple[int, dict[str, str], bytes]] = lambda _path: (200, {}, b"")
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                answer = sink.answer(self.path)
                if answer[0] == 200:
                    # What was asked of a proxy names the whole address.
                    path = urlsplit(self.path).path
                    sink.bodies.append((path, dict(self.headers.items()), body))
                self.reply(*answer)

            def do_GET(self) -> None:
                self.reply(*sink.answer(self.path))

            def reply(self, status: int, headers: dict[str, str], answer: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that leave in the middle of a sentence are part of the tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Sink:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        """The address to give to `init`."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def spans(self) -> list[SentSpan]:
        """All spans so far, in order of arrival."""
        found: list[SentSpan] = []
        for path, _, body in list(self.bodies):
            if path == "/v1/traces":
                found.extend(_spans(ExportTraceServiceRequest.FromString(body)))
        return found

    @property
    def records(self) -> list[SentRecord]:
        """All log records so far, in order of arrival."""
        found: list[SentRecord] = []
        for path, _, body in list(self.bodies):
            if path == "/v1/logs":
                found.extend(_records(ExportLogsServiceRequest.FromString(body)))
        return found

    def wait_for(self, enough: Callable[[Sink], bool], timeout: float = 15.0) -> None:
        """Wait until the condition holds; fail with what there is when it never does."""
        deadline = time.monotonic() + timeout
        while not enough(self):
            if time.monotonic() > deadline:
                names = [f"{span.service}: {span.name}" for span in self.spans]
                raise AssertionError(f"not in time; spans: {names}; records: {len(self.records)}")
            time.sleep(0.02)

    def wait_for_spans(self, count: int, timeout: float = 15.0) -> list[SentSpan]:
        """The spans, once there are so many of them."""
        self.wait_for(lambda sink: len(sink.spans) >= count, timeout)
        return self.spans


def _spans(request: ExportTraceServiceRequest) -> list[SentSpan]:
    return [
        SentSpan(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            name=span.name,
            kind=KINDS[span.kind],
            status=span.status.code,
            status_message=span.status.message,
            attributes=attributes(span.attributes),
            events=[(event.name, attributes(event.attributes)) for event in span.events],
            links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
            flags=span.flags,
            trace_state=span.trace_state,
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            resource=attributes(group.resource.attributes),
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _records(request: ExportLogsServiceRequest) -> list[SentRecord]:
    return [
        SentRecord(
            body=plain(record.body),
            severity=record.severity_number,
            level=record.severity_text,
            logger=scope.scope.name,
            trace_id=record.trace_id.hex(),
            span_id=record.span_id.hex(),
            attributes=attributes(record.attributes),
            resource=attributes(group.resource.attributes),
        )
        for group in request.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    ]
