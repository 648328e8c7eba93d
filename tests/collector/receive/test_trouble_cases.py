"""The numbered cases in which the trouble is ours: every answer may be retried, and none is a 500."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.collector.receive.factories import span, traces
from tests.collector.receive.faulty import FullFiles
from tests.collector.receive.running import PROTOBUF, Receiver, receiver, status_of


def send(running: Receiver, number: int, size: int = 10) -> httpx.Response:
    return running.post("/v1/traces", traces(span(number, name="x" * size)).SerializeToString(), PROTOBUF)


def retryable(response: httpx.Response, status: int, code: int) -> None:
    assert (response.status_code, status_of(response).code) == (status, code)
    assert int(response.headers["Retry-After"]) >= 1
    assert [detail.type_url for detail in status_of(response).details] == ["type.googleapis.com/google.rpc.RetryInfo"]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[tuple[Receiver, FullFiles]]:
    files = FullFiles()
    with receiver(tmp_path / "spool", files=files) as running:
        yield running, files


def test_cases_53_and_54_a_full_disk_is_unavailable_until_space_returns(
    full_disk: tuple[Receiver, FullFiles],
) -> None:
    running, files = full_disk
    assert send(running, 1).status_code == 200
    files.full = True
    retryable(send(running, 2), 503, 14)
    retryable(send(running, 3), 503, 14)
    assert running.refused() == {"spool_unavailable": 2}
    files.full = False
    answers = [send(running, 2).status_code for _ in range(200)]
    assert 200 in answers
    assert [int.from_bytes(stored.span_id) for stored in running.spans()] == [1, 2]


def test_case_55_a_full_spool_asks_to_come_back(tmp_path: Path) -> None:
    with receiver(tmp_path / "spool", "--spool-max-bytes", "1MiB") as running:
        assert send(running, 1, 600_000).status_code == 200
        retryable(send(running, 2, 600_000), 429, 8)
        assert send(running, 3).status_code == 200
        assert running.refused() == {"spool_full": 1}


def test_case_55_more_bodies_than_memory_allows_are_asked_to_come_back(tmp_path: Path) -> None:
    with receiver(tmp_path / "spool", "--max-inflight-bytes", "100KiB") as running:
        running.intake.budget.take(80_000)  # what other requests hold
        retryable(send(running, 1, 50_000), 429, 8)
        running.intake.budget.give(80_000)
        assert send(running, 1, 50_000).status_code == 200
        assert running.refused() == {"overloaded": 1}
        assert running.intake.budget.held == 0


def headers_alone(running: Receiver) -> bytes:
    """The first line of the answer to a request whose body never comes."""
    head = (
        b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 80000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.http_port), timeout=30) as connection:
        connection.sendall(head)
        return connection.recv(65536).partition(b"\r\n")[0]


def test_case_55_what_cannot_be_taken_is_refused_before_its_body_is_read(tmp_path: Path) -> None:
    with receiver(tmp_path / "full", "--spool-max-bytes", "1MiB") as running:
        assert send(running, 1, 2**20 - 2000).status_code == 200
        assert send(running, 2, 5000).status_code == 429
        assert headers_alone(running) == b"HTTP/1.1 429 Too Many Requests"
        assert running.refused() == {"spool_full": 2}
    with receiver(tmp_path / "busy", "--max-inflight-bytes", "100KiB") as running:
        running.intake.budget.take(80_000)
        assert headers_alone(running) == b"HTTP/1.1 429 Too Many Requests"
        running.intake.budget.give(80_000)
        assert running.refused() == {"overloaded": 1}
        assert send(running, 1, 50_000).status_code == 200


def test_a_fault_of_our_own_is_never_a_500(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with receiver(tmp_path / "spool") as running:
        running.intake._spool = None  # type: ignore[assignment]  # a bug, for once
        retryable(send(running, 1), 503, 14)
        assert running.refused() == {"internal_error": 1}
    assert "A request for traces over otlp_http met a fault of our own" in caplog.text


def test_a_spool_that_is_closed_is_unavailable(tmp_path: Path) -> None:
    with receiver(tmp_path / "spool") as running:
        running.spool.close()
        retryable(send(running, 1), 503, 14)
