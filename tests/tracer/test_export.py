"""The queue and the channel: bounded by items and bytes, patient, and honest about every drop."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import spanwise
from opentelemetry.trace import StatusCode
from spanwise.export.buffer import Buffer
from spanwise.export.channel import Channel
from spanwise.export.deadline import DeadlineSocket
from spanwise.export.logs import encode
from spanwise.export.outgoing import OutgoingRecord, outgoing_record
from spanwise.export.records import Record, span_size
from spanwise.export.sender import Sender, retry_after
from spanwise.testing import capture

from tests.tracer.processes import run_script
from tests.tracer.sick import listening, sick
from tests.tracer.sink import Sink

OPEN: list[Sender] = []


def record(body: str) -> Record:
    return Record(1, 9, "INFO", body, "app", {}, 0, 0, 0)


@pytest.fixture(autouse=True)
def senders() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def sender_to(sink: Sink) -> Sender:
    OPEN.append(Sender(sink.endpoint + "/x", {}))
    return OPEN[-1]


def channel(sink: Sink, bodies: Sequence[str]) -> Channel[Record, OutgoingRecord]:
    buffer: Buffer[Record] = Buffer(100, 10**6)
    for body in bodies:
        buffer.put(record(body), 10)

    def encode(items: Sequence[OutgoingRecord]) -> bytes:
        return ",".join(str(item.body) for item in items).encode()

    return Channel(buffer, outgoing_record, encode, sender_to(sink))


def deadline() -> float:
    import time

    return time.monotonic() + 5


def test_the_newest_is_refused_when_there_is_no_room_for_items_or_bytes() -> None:
    buffer: Buffer[str] = Buffer(2, 100)
    assert [buffer.put("a", 60), buffer.put("b", 60), buffer.put("c", 30), buffer.put("d", 5)] == [1, 0, 2, 0]
    assert (buffer.take(10), buffer.bytes, len(buffer)) == (["a", "c"], 0, 0)
    assert buffer.counters.as_dict() == {
        "created": 4,
        "exported": 0,
        "retried": 0,
        "dropped.queue_bytes": 1,
        "dropped.queue_full": 1,
    }


def test_batches_go_in_order_and_are_counted(sink: Sink) -> None:
    out = channel(sink, "abc")
    assert [out.step(2, deadline()) for _ in range(3)] == [True, True, False]
    assert [body for _, _, body in sink.bodies] == [b"a,b", b"c"]
    assert (out.counters.exported, out.pending) == (3, 0)


def test_a_retryable_answer_keeps_the_very_same_body_and_waits(sink: Sink) -> None:
    out = channel(sink, "ab")
    sink.answer = lambda _path: (503, {"Retry-After": "0"}, b"")
    assert out.step(2, deadline()) is False
    out.buffer.put(record("c"), 10)
    assert out.step(2, deadline()) is False
    assert (out.counters.retried, out.pending) == (2, 3)
    sink.answer = lambda _path: (200, {}, b"")
    out.next_try = 0
    assert out.step(2, deadline()) is True
    assert sink.bodies[0][2] == b"a,b"


def test_a_time_that_the_server_names_is_waited_for(sink: Sink) -> None:
    import time

    out = channel(sink, "a")
    sink.answer = lambda _path: (429, {"Retry-After": "3600"}, b"")
    out.step(1, deadline())
    assert 3600 <= out.next_try - time.monotonic() < 3602


def test_other_refusals_drop_the_batch_and_go_on(sink: Sink) -> None:
    for status in (400, 401, 413, 500, 302):
        out = channel(sink, "ab")
        sink.answer = lambda _path, status=status: (status, {"Location": "/elsewhere"}, b"")  # type: ignore[misc]
        assert out.step(2, deadline()) is True
        assert out.counters.as_dict()["dropped.refused"] == 2
    assert sink.bodies == []


def test_a_partial_success_counts_what_was_rejected(sink: Sink) -> None:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records = 1
    sink.answer = lambda _path: (200, {}, answer.SerializeToString())
    out = channel(sink, "ab")
    out.step(2, deadline())
    assert out.counters.as_dict() == {"created": 2, "exported": 1, "retried": 0, "dropped.rejected": 1}


def test_the_last_step_gives_up_and_counts(sink: Sink) -> None:
    out = channel(sink, "ab")
    sink.answer = lambda _path: (503, {}, b"")
    assert out.step(1, deadline(), last=True) is False
    out.give_up("exit")
    counts = out.counters.as_dict()
    assert (counts["dropped.exit"], counts["created"], out.pending) == (2, 2, 0)


def test_retry_after_is_a_number_or_a_date() -> None:
    assert [retry_after("5"), retry_after(None), retry_after("soon")] == [5.0, None, None]
    assert [retry_after(each) for each in ("Fri, 01 Jan 2100 00:00:00 GMT", "1e300", "inf")] == [3600.0] * 3
    assert retry_after("Sat, 01 Jan 2000 00:00:00 GMT") == 0.0


def test_an_idle_connection_that_the_server_closed_is_opened_again(sink: Sink) -> None:
    sender = sender_to(sink)
    sink.answer = lambda _path: (200, {"Connection": "close"}, b"")
    assert [sender.post(b"a", deadline()).ok, sender.post(b"b", deadline()).ok] == [True, True]


def test_drops_are_told_to_the_collector(sink: Sink, tmp_path: Path) -> None:
    code = """
import spanwise
spanwise.init("script", max_queue=10, interval=60)
for _ in range(25):
    with spanwise.span("work"): pass
"""
    done = run_script(code, sink.endpoint, tmp_path)
    assert (done.returncode, len(sink.spans)) == (0, 10)
    (told,) = sink.records
    assert told.attributes == {"spanwise.dropped.spans.queue_full": 15}
    assert told.body == "15 spans and log records were dropped before they could be sent"


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    file = folder / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(file), "-out", str(folder / "only.pem")], check=True, capture_output=True)
    file.write_text(file.read_text() + (folder / "only.pem").read_text())
    return file


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_https_endpoints_are_checked_against_the_authorities_that_are_named(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    code = "import spanwise; spanwise.init('script'); spanwise.span('work').__enter__().__exit__(None, None, None)"
    with Sink(context) as sink:
        refused = run_script(code, sink.endpoint, tmp_path)
        assert (sink.spans, "CERTIFICATE_VERIFY_FAILED" in refused.stderr) == ([], True)
        taken = run_script(code, sink.endpoint, tmp_path, SPANWISE_CERTIFICATE=str(tmp_path / "only.pem"))
        assert taken.stderr == ""
        assert [span.name for span in sink.spans] == ["work"]


def test_the_authorities_are_read_once_however_often_tls_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def counted(**options: str | None) -> ssl.SSLContext:
        made.append(create(**options))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", counted)
    with sick("reset") as endpoint:
        sender = Sender(endpoint.replace("http:", "https:"), {})
        assert [sender.post(b"x", deadline()).retryable for _ in range(3)] == [True] * 3
    assert len(made) == 1


def test_one_item_that_cannot_be_encoded_takes_no_other_with_it(sink: Sink) -> None:
    buffer: Buffer[Record] = Buffer(10, 10_000)
    for item in (record("one"), replace(record("two"), time_ns=-1), record("three")):
        buffer.put(item, item.size())
    OPEN.append(Sender(sink.endpoint + "/v1/logs", {}))
    sending = Channel(buffer, outgoing_record, lambda batch: encode(batch, {}), OPEN[-1])
    assert sending.step(10, deadline())
    assert [taken.body for taken in sink.records] == ["one", "three"]
    assert (buffer.counters.exported, dict(+buffer.counters.dropped)) == (2, {"encoding": 1})


def test_a_hook_that_withholds_everything_empties_the_queue_however_long_it_is(sink: Sink) -> None:
    buffer: Buffer[Record] = Buffer(5_000, 10_000_000)
    for _ in range(5_000):
        buffer.put(record("x"), 1)
    sending = Channel(buffer, outgoing_record, lambda batch: encode(batch, {}), sender_to(sink), lambda _: None)
    assert not sending.step(1, deadline())
    assert (len(buffer), sink.bodies, dict(buffer.counters.dropped)) == (0, [], {"before_send": 5_000})


def answering_early(connection: socket.socket, _over: threading.Event) -> None:
    """As a server that refuses a body on its headers, and does not read it."""
    connection.recv(100)
    answer = b"max_body_bytes is 2048"
    connection.sendall(
        b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
    )


def test_a_refusal_is_heard_though_the_body_was_not_read_to_its_end() -> None:
    """The sender meets a broken pipe amid the body; the answer that says why is here by then."""
    with listening(answering_early) as address:
        verdict = Sender(address, {}, compress=False).post(bytes(64 * 2**20), deadline())
    assert (verdict.reason, verdict.retryable, verdict.answer) == ("HTTP 413", False, b"max_body_bytes is 2048")


@pytest.mark.parametrize("status", [200, 413])
def test_an_answer_that_comes_after_its_headers_on_a_connection_that_ends_is_read(status: int) -> None:
    """Its body was lost where it came in a packet of its own, and what had been stored was sent again."""
    going: list[bool] = []

    def slow(connection: socket.socket, _over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 %d Said\r\nConnection: close\r\nContent-Length: 5\r\n\r\n" % status)
        going.append(read.wait(30))
        connection.sendall(b"words")

    class Waiting(DeadlineSocket):
        def receive_into(self, buffer: Any) -> int:
            if headers_read:
                read.set()
            headers_read.append(True)
            return super().receive_into(buffer)

    headers_read: list[bool] = []
    read = threading.Event()
    with listening(slow) as address, pytest.MonkeyPatch.context() as patch:
        patch.setattr("spanwise.export.sender.DeadlineSocket", Waiting)
        verdict = Sender(address, {}).post(b"x", deadline())
    assert (verdict.ok, verdict.answer, verdict.retryable, going) == (status == 200, b"words", False, [True])


def test_an_answer_that_waits_on_an_idle_connection_says_nothing_of_the_next_body() -> None:
    """As from a balancer that ends idle connections with 408."""
    taken: list[int] = []
    idle = threading.Event()

    def balancer(connection: socket.socket, _over: threading.Event) -> None:
        head, _, body = connection.recv(2**20).partition(b"\r\n\r\n")
        length, count = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]), len(body)
        while count < length:
            count += len(connection.recv(2**20))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        taken.append(length)
        if len(taken) == 1:
            idle.wait(30)
            connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
            connection.shutdown(socket.SHUT_RDWR)

    with listening(balancer) as address:
        sender = Sender(address, {}, compress=False)
        assert sender.post(b"first", deadline()).ok
        idle.set()
        assert sender.post(bytes(64 * 2**20), deadline()).ok
        sender.close()
    assert taken == [5, 64 * 2**20]


def test_a_connection_that_was_closed_meanwhile_is_opened_anew_amid_a_body(sink: Sink) -> None:
    sender = Sender(f"{sink.endpoint}/v1/logs", {}, compress=False)
    assert sender.post(b"first", deadline()).ok
    assert sender._connection is not None
    sender._connection.sock.shutdown(socket.SHUT_RDWR)
    assert sender.post(b"second", deadline()).ok
    sender.close()
    assert [body for _, _, body in sink.bodies] == [b"first", b"second"]


def test_what_is_no_answer_is_quoted_briefly_and_steers_no_terminal() -> None:
    def rude(connection: socket.socket, _over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"\x1b[2J\rforged line" + b"x" * 5000 + b"\n\n")

    with listening(rude) as address:
        reason = Sender(address, {}).post(b"x", deadline()).reason
    assert reason.startswith(r"BadStatusLine: \x1b[2J\rforged line")
    assert (len(reason) < 300, reason.isprintable()) == (True, True)


def test_all_that_a_span_holds_counts_for_the_size_of_the_queue() -> None:
    long = "x" * 100_000
    with capture(), spanwise.span(long) as span:
        link = span.otel.get_span_context()
        span.otel.add_event(long)
        span.otel.add_link(link, {"note": long})
        span.otel.set_status(StatusCode.ERROR, long)
    assert span_size(cast(Any, span.otel)) >= 400_000
