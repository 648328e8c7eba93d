"""The numbered cases of OTLP over gRPC, each over a real socket."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # it has no types
import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it has no stubs
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.collector.receive.factories import logs, record, span, traces
from tests.collector.receive.faulty import FullFiles, SlowFiles
from tests.collector.receive.running import LOGS_EXPORT, TRACE_EXPORT, Receiver, receiver


@pytest.fixture(autouse=True)
def still_serves(running: Receiver) -> Iterator[None]:
    """After every case the next good request succeeds."""
    yield
    assert export(running, traces(span(2**40)).SerializeToString()) == b""


def export(running: Receiver, body: bytes, method: str = TRACE_EXPORT, **options: Any) -> bytes:
    with running.channel() as channel:
        answer: bytes = channel.unary_unary(method)(body, timeout=options.pop("deadline", 30), **options)
        return answer


def refusal(running: Receiver, body: bytes, method: str = TRACE_EXPORT, **options: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as raised:
        export(running, body, method, **options)
    return raised.value


def retry_info(error: grpc.RpcError) -> RetryInfo | None:
    """The RetryInfo in the details of a status; None where there is none."""
    found = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    for detail in Status.FromString(found).details:
        info = RetryInfo()
        if detail.Unpack(info):
            return info
    return None


def test_traces_and_logs_are_stored(running: Receiver) -> None:
    assert export(running, traces(span(1)).SerializeToString()) == b""
    assert export(running, logs(record("hello")).SerializeToString(), LOGS_EXPORT) == b""
    assert running.spans() == [span(1)]
    assert [stored.body.string_value for stored in running.records()] == ["hello"]


def test_gzip_is_inflated(running: Receiver) -> None:
    assert export(running, traces(span(1)).SerializeToString(), compression=grpc.Compression.Gzip) == b""
    assert running.spans() == [span(1)]


def test_an_empty_request_succeeds(running: Receiver) -> None:
    assert export(running, b"") == b""
    assert running.trace_requests() == []


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_case_59_a_message_over_the_limit_is_not_to_be_retried(
    running: Receiver, compression: grpc.Compression
) -> None:
    error = refusal(running, bytes(2**26), compression=compression)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert retry_info(error) is None


def test_case_60_garbage_is_an_invalid_argument(running: Receiver) -> None:
    error = refusal(running, bytes.fromhex("0affffffff0f"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert retry_info(error) is None
    assert running.refused() == {"bad_data": 1}


@pytest.mark.parametrize("method", ["/opentelemetry.proto.collector.trace.v1.TraceService/Import", "/a.B/C"])
def test_case_61_unknown_methods_are_unimplemented(running: Receiver, method: str) -> None:
    assert refusal(running, b"", method).code() is grpc.StatusCode.UNIMPLEMENTED


def h2_frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def test_case_62_an_unknown_encoding_is_refused_for_good(running: Receiver) -> None:
    """By hand, since no client sends what its library cannot compress: a HEADERS and a DATA frame of HTTP/2."""
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": TRACE_EXPORT,
        ":authority": "x",
        "content-type": "application/grpc",
        "te": "trailers",
        "grpc-encoding": "snappy",
    }
    packed = b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in headers.items()
    )
    host, _, port = running.grpc_address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + h2_frame(4, 0, 0, b"")
            + h2_frame(1, 4, 1, packed)
            + h2_frame(0, 1, 1, b"\x01\x00\x00\x00\x01x")
        )
        received = b""
        while b"grpc-status" not in received:
            received += connection.recv(65536)
    assert b"grpc-status\x0213" in received  # INTERNAL, from the library: see ADR-0033
    assert running.spans() == []


def test_case_63_a_disk_that_is_full_is_unavailable_with_a_delay(tmp_path: Path) -> None:
    files = FullFiles()
    with receiver(tmp_path / "full", files=files) as running:
        files.full = True
        error = refusal(running, traces(span(1)).SerializeToString())
        info = retry_info(error)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert info is not None
    assert info.retry_delay.seconds >= 1
    assert running.refused() == {"spool_unavailable": 1}


def test_case_63_a_full_spool_is_exhausted_with_a_delay(tmp_path: Path) -> None:
    with receiver(tmp_path / "small", "--spool-max-bytes", "1MiB") as running:
        large = traces(span(1, name="x" * 2**20)).SerializeToString()
        error = refusal(running, large)
        info = retry_info(error)
        assert export(running, traces(span(2)).SerializeToString()) == b""
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert info is not None
    assert info.retry_delay.seconds >= 1
    assert running.refused() == {"spool_full": 1}


def test_case_65_what_a_sender_gave_up_on_is_not_stored_twice(running: Receiver) -> None:
    bodies = [traces(span(number, name="x" * 50_000)).SerializeToString() for number in range(1, 41)]
    with running.channel() as channel:
        call = channel.unary_unary(TRACE_EXPORT)
        for body in bodies:
            call.future(body, timeout=30).cancel()
        for body in bodies:
            assert call(body, timeout=30) == b""
    assert sorted(int.from_bytes(stored.span_id) for stored in running.spans()) == list(range(1, 41))


def test_of_many_messages_that_are_being_received_few_are_in_memory_and_the_others_wait(tmp_path: Path) -> None:
    """A sender that stands still holds a place until the deadline, and nobody's message is lost."""
    flags = ("--grpc-receiving", "2", "--read-timeout", "1s")
    arrived, go_on = threading.Semaphore(0), threading.Event()

    def slow() -> Iterator[bytes]:
        arrived.release()
        go_on.wait(60)
        yield traces(span(1)).SerializeToString()

    with receiver(tmp_path / "few", *flags) as running, running.channel() as channel:
        call = channel.stream_unary(TRACE_EXPORT)
        held = [call.future(slow(), timeout=60) for _ in range(2)]
        for _ in held:
            arrived.acquire(timeout=60)
        # Either it waited for a place until one was cut off, or it had one before them.
        assert export(running, traces(span(2)).SerializeToString()) == b""
        codes = {each.exception(60).code() for each in held}
        go_on.set()
        refused = running.refused()
    assert codes == {grpc.StatusCode.DEADLINE_EXCEEDED}
    assert refused == {"body_timeout": 2}


@contextlib.contextmanager
def silent(running: Receiver, calls: int) -> Iterator[list[Any]]:
    """Calls of a connection of their own that the server knows of and that send nothing, until the end of the block."""
    go_on = threading.Event()

    def nothing() -> Iterator[bytes]:
        go_on.wait(120)
        yield from ()

    with grpc.insecure_channel(running.grpc_address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        opened = [channel.stream_unary(TRACE_EXPORT).future(nothing(), timeout=120) for _ in range(calls)]
        # Calls of a connection begin in their order, and this one needs no place.
        with pytest.raises(grpc.RpcError, match="UNIMPLEMENTED"):
            channel.unary_unary("/a.B/C")(b"", timeout=60)
        try:
            yield opened
        finally:
            for call in opened:
                call.cancel()
            go_on.set()


def test_a_connection_full_of_silent_calls_leaves_places_to_others(tmp_path: Path) -> None:
    with receiver(tmp_path / "one", "--read-timeout", "120s") as running, silent(running, 64) as calls:
        for number in range(1, 101):
            assert export(running, traces(span(number)).SerializeToString(), deadline=60) == b""
        assert not all(call.done() for call in calls)
        assert len(running.spans()) == 100


def test_connections_with_many_silent_calls_make_room_for_one_with_none(tmp_path: Path) -> None:
    flags = ("--grpc-receiving", "8", "--read-timeout", "120s")
    with receiver(tmp_path / "some", *flags) as running, contextlib.ExitStack() as stack:
        calls = [call for _ in range(4) for call in stack.enter_context(silent(running, 2))]
        assert export(running, traces(span(1)).SerializeToString(), deadline=60) == b""
        deadline = time.monotonic() + 60
        while not (ended := [call for call in calls if call.done()]) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [call.code() for call in ended] == [grpc.StatusCode.RESOURCE_EXHAUSTED]
        assert retry_info(ended[0]) is not None
        assert running.refused() == {"displaced": 1}


def test_a_caller_that_gives_up_while_it_waits_is_counted(tmp_path: Path) -> None:
    flags = ("--grpc-receiving", "1", "--read-timeout", "120s")
    with receiver(tmp_path / "none", *flags) as running, silent(running, 1):
        error = refusal(running, traces(span(1)).SerializeToString(), deadline=0.5)
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        deadline = time.monotonic() + 60
        while not running.refused() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert running.refused() == {"sender_left": 1}


def test_callers_that_give_up_while_their_messages_are_received_are_counted_as_such(tmp_path: Path) -> None:
    with receiver(tmp_path / "left", "--read-timeout", "120s") as running:
        with silent(running, 3):
            pass
        deadline = time.monotonic() + 60
        while sum(running.refused().values()) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert running.refused() == {"sender_left": 3}


def test_a_call_without_a_message_is_an_invalid_argument(running: Receiver) -> None:
    with running.channel() as channel, pytest.raises(grpc.RpcError) as raised:
        channel.stream_unary(TRACE_EXPORT)(iter(()), timeout=30)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_case_66_agents_may_ping_and_many_streams_are_served(running: Receiver) -> None:
    options = [("grpc.keepalive_time_ms", 10_000), ("grpc.keepalive_permit_without_calls", 1)]
    bodies = [traces(span(number)).SerializeToString() for number in range(1, 1001)]
    with grpc.insecure_channel(running.grpc_address, options=options) as channel:
        call = channel.unary_unary(TRACE_EXPORT)
        answers = [call.future(body, timeout=60) for body in bodies]
        assert {answer.code() for answer in answers} <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
        for body in bodies:  # as every client does with UNAVAILABLE
            assert call(body, timeout=60) == b""
    assert len(running.spans()) == 1000


def test_case_66_those_who_ping_without_end_are_sent_away_and_others_are_served(running: Receiver) -> None:
    host, _, port = running.grpc_address.rpartition(":")
    for _ in range(2):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2_frame(4, 0, 0, b""))
            connection.sendall(b"".join(h2_frame(6, 0, 0, number.to_bytes(8)) for number in range(10)))
            received = b""
            with contextlib.suppress(ConnectionError):
                while chunk := connection.recv(65536):
                    received += chunk
        enhance_your_calm = (11).to_bytes(4)
        assert enhance_your_calm + b"too_many_pings" in received
    assert export(running, traces(span(1)).SerializeToString()) == b""


def test_case_65_a_deadline_that_passes_while_we_write_leaves_nothing_twice(tmp_path: Path) -> None:
    files = SlowFiles()
    with receiver(tmp_path / "slow", files=files) as running:
        body = traces(span(1)).SerializeToString()
        files.pause = 0.5
        error = refusal(running, body, deadline=0.2)
        files.pause = 0.0
        assert export(running, body) == b""
        assert [stored.name for stored in running.spans()] == ["span 1"]
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize(
    "method",
    [
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Import",
    ],
)
def test_case_67_signals_that_are_not_served_are_unimplemented(running: Receiver, method: str) -> None:
    assert refusal(running, b"", method).code() is grpc.StatusCode.UNIMPLEMENTED


def test_bad_spans_are_told_of_beside_good_ones(running: Receiver) -> None:
    answer = ExportTraceServiceResponse.FromString(
        export(running, traces(span(1), span(2, span_id=b"short")).SerializeToString())
    )
    assert answer.partial_success.rejected_spans == 1
    assert "spans[1]" in answer.partial_success.error_message
    assert running.spans() == [span(1)]


def test_the_same_body_over_grpc_and_at_the_same_time_is_stored_once(running: Receiver) -> None:
    body = traces(span(1)).SerializeToString()
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(export(running, body))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b""] * 3
    assert running.spans() == [span(1)]
