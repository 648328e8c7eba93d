"""OTLP over gRPC as an extra: the same promises as over HTTP, against a real server of OTLP's services."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # it has no types
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it has no types
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no types
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise.export.grpc import METHODS, GrpcSender
from spanwise.settings import SettingsError, resolve

from bench.ports import free_port
from tests.tracer.processes import environment, run_script

Answer = Callable[[grpc.ServicerContext], bytes]


class GrpcSink(grpc.GenericRpcHandler):  # type: ignore[misc]  # it has no types
    """Takes OTLP's Export calls; `answer` may be replaced."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Answer = lambda _context: b""
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        def call(body: bytes, context: grpc.ServicerContext) -> bytes:
            self.calls.append((details.method, dict(context.invocation_metadata()), body))
            return self.answer(context)

        return grpc.unary_unary_rpc_method_handler(call) if details.method in METHODS.values() else None

    def names(self) -> list[str]:
        bodies = [ExportTraceServiceRequest.FromString(body) for method, _, body in self.calls if "Trace" in method]
        return [span.name for body in bodies for group in body.resource_spans for span in group.scope_spans[0].spans]

    def close(self) -> None:
        self._server.stop(None).wait()


@pytest.fixture
def grpc_sink() -> Iterator[GrpcSink]:
    started = GrpcSink()
    yield started
    started.close()


CODE = """
import logging, spanwise
spanwise.init("script")
with spanwise.span("work"):
    logging.getLogger("shop").warning("line")
"""


def test_the_standard_variables_send_spans_and_records_over_grpc(grpc_sink: GrpcSink, tmp_path: Path) -> None:
    done = run_script(
        CODE,
        grpc_sink.endpoint,
        tmp_path,
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        OTEL_EXPORTER_OTLP_HEADERS="x-key=secret",
    )
    assert (done.returncode, done.stderr) == (0, "line\n")
    assert grpc_sink.names() == ["work"]
    (record,) = [ExportLogsServiceRequest.FromString(body) for method, _, body in grpc_sink.calls if "Logs" in method]
    assert record.resource_logs[0].scope_logs[0].log_records[0].body.string_value == "line"
    assert {metadata["x-key"] for _, metadata, _ in grpc_sink.calls} == {"secret"}


def test_a_fork_has_a_channel_of_its_own(grpc_sink: GrpcSink, tmp_path: Path) -> None:
    code = """
import os, spanwise
spanwise.init("script", protocol="grpc")
if os.fork() == 0:
    with spanwise.span("child"): pass
    os._exit(0 if spanwise.flush(5) else 1)
assert os.wait()[1] == 0
with spanwise.span("parent"): pass
"""
    done = run_script(code, grpc_sink.endpoint, tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(grpc_sink.names()) == ["child", "parent"]


def test_an_endpoint_that_does_not_answer_does_not_hold_the_exit_up(tmp_path: Path) -> None:
    started = time.monotonic()
    done = run_script(CODE, f"http://127.0.0.1:{free_port()}", tmp_path, SPANWISE_PROTOCOL="grpc")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 10  # a hang would be thirty


def sent(sink: GrpcSink, code: grpc.StatusCode, seconds: float | None = None) -> tuple[bool, float | None]:
    def refuse(context: grpc.ServicerContext) -> bytes:
        if seconds is not None:
            status = Status(code=code.value[0])
            delay = Duration(seconds=int(seconds))
            status.details.add().Pack(RetryInfo(retry_delay=delay))
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(code, "no")
        return b""

    sink.answer = refuse
    sender = GrpcSender({}, "trace", sink.endpoint)
    verdict = sender.post(b"", time.monotonic() + 5)
    sender.close()
    assert (verdict.ok, verdict.reason) == (False, f"gRPC {code.name}: no")
    return verdict.retryable, verdict.retry_after


def test_what_may_be_sent_again_follows_otlp(grpc_sink: GrpcSink) -> None:
    assert sent(grpc_sink, grpc.StatusCode.UNAVAILABLE) == (True, None)
    assert sent(grpc_sink, grpc.StatusCode.UNAVAILABLE, 7) == (True, 7.0)
    assert sent(grpc_sink, grpc.StatusCode.RESOURCE_EXHAUSTED) == (False, None)
    assert sent(grpc_sink, grpc.StatusCode.RESOURCE_EXHAUSTED, 3) == (True, 3.0)
    assert sent(grpc_sink, grpc.StatusCode.INVALID_ARGUMENT) == (False, None)


def test_endpoints_are_written_as_grpc_users_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment("x").keys() & {"SPANWISE_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}:
        monkeypatch.delenv(name, raising=False)
    assert resolve(protocol="grpc").traces_endpoint == "http://127.0.0.1:4317"
    assert resolve(protocol="grpc", endpoint="collector:4317").logs_endpoint == "https://collector:4317"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_INSECURE", "true")
    assert resolve(protocol="grpc", endpoint="collector:4317").logs_endpoint == "http://collector:4317"
    with pytest.raises(SettingsError, match=r"protocol: 'http/json' is not one of http/protobuf, grpc"):
        resolve(protocol="http/json")
