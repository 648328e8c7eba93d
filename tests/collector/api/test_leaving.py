"""A client that leaves takes its queries with it, and what costs too much is stopped: real processes and sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.clickhouse_http import CLUSTER, clickhouse
from tests.collector.process import Process, eventually, process

# Each of these is looked for in every text: together they keep the engine busy for a while.
SLOW = " OR ".join(f"body:/(a?){{{number % 50 + 1}}}[b-y]{{20}}{number}z/" for number in range(60))
ROUTES = {
    "/logs": {"q": SLOW},
    "/export": {"q": SLOW, "signal": "logs"},
    "/aggregate": {"q": f"({SLOW}) | count", "signal": "logs", "start": "now-10m"},
}


@pytest.fixture(scope="module", params=["embedded", "cluster"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("leaving")
    # Only its client's leaving can end a query in time.
    flags = ("--query-timeout", "600s")
    if request.param == "embedded":
        with process(folder / "data", *flags) as made:
            yield filled(made)
        return
    with (
        clickhouse(folder) as server,
        process(folder / "data", "--store", server.url, "--cluster", CLUSTER, *flags) as made,
    ):
        yield filled(made)


def filled(service: Process) -> Process:
    """With log records of much text."""
    text = ("abcdefghijklmnopqrstuvwxy" * 160)[:4000]
    for _ in range(4):
        request = ExportLogsServiceRequest()
        scope = request.resource_logs.add().scope_logs.add()
        for number in range(1000):
            record = scope.log_records.add(time_unix_nano=time.time_ns())
            record.body.string_value = f"{text} {number}"
        assert service.post("/v1/logs", request.SerializeToString()).is_success
    service.settle()
    return service


def metric(service: Process, name: str) -> float:
    lines = service.client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@pytest.mark.parametrize("path", ROUTES)
def test_case_96_a_client_that_leaves_ends_its_query_in_the_store(service: Process, path: str) -> None:
    left = 'spanwise_queries_stopped_total{reason="sender_left"}'
    stopped = metric(service, left)
    # A client that leaves between two queries of its request finds none to end: the next one does not begin.
    for _ in range(5):
        _leave(service, path)
        assert eventually(lambda: metric(service, "spanwise_queries_running"), lambda running: running == 0) == 0
        if metric(service, left) > stopped:
            break
    assert metric(service, left) == stopped + 1


def _leave(service: Process, path: str) -> None:
    host, _, port = service.http.rpartition(":")
    with socket.create_connection((host, int(port))) as leaver:
        target = f"/api/v1{path}?{urlencode(ROUTES[path], quote_via=quote)}"
        leaver.sendall(f"GET {target} HTTP/1.1\r\nHost: {service.http}\r\n\r\n".encode())
        assert eventually(lambda: metric(service, "spanwise_queries_running"), lambda running: running >= 1) >= 1


def test_an_export_ends_when_its_client_leaves_in_the_middle_of_it(service: Process) -> None:
    host, _, port = service.http.rpartition(":")
    with socket.socket() as leaver:
        # What is not read fills the buffers of both sides, and the export waits.
        leaver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        leaver.connect((host, int(port)))
        leaver.sendall(f"GET /api/v1/export?signal=logs HTTP/1.1\r\nHost: {service.http}\r\n\r\n".encode())
        assert leaver.recv(100).startswith(b"HTTP/1.1 200 OK")
        assert eventually(lambda: metric(service, "spanwise_queries_running"), lambda running: running == 1) == 1
    assert eventually(lambda: metric(service, "spanwise_queries_running"), lambda running: running == 0) == 0


def test_what_would_read_too_many_rows_is_refused_with_the_setting_and_how_to_narrow_it(tmp_path: Path) -> None:
    with process(tmp_path / "data", "--query-rows", "1500") as made:
        answer = filled(made).client.get("/api/v1/logs", params={"q": "none"})
        assert answer.status_code == 422
        assert answer.json()["error"] == {
            "code": "query_limit",
            "setting": "query_rows",
            "message": "The query was stopped: it would read more than 1,500 rows (the setting query_rows). Ask for a"
            " shorter time range, or add terms that few rows fulfil, such as a service or a trace id.",
        }
        assert metric(made, 'spanwise_queries_stopped_total{reason="query_rows"}') == 1
