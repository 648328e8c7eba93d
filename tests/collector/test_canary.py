"""The canary finds what a collector keeps, and says so when it does not."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.collector.process import Process


def canary(address: str, *flags: str) -> tuple[int, list[dict[str, object]]]:
    command = [str(Path(sys.executable).parent / "spanwise"), "canary", "--url", f"http://{address}", "--json"]
    ended = subprocess.run([*command, *flags], capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]


def test_everything_that_a_collector_acknowledged_is_found_as_it_was_written(service: Process) -> None:
    code, rounds = canary(service.http, "--rounds", "3", "--interval", "0", "--seed", "7", "--patience", "30")
    found = [{key: each[key] for key in ("round", "written", "missing", "duplicate", "different")} for each in rounds]
    assert found == [
        {"round": number, "written": 8 * number, "missing": 0, "duplicate": 0, "different": 0} for number in (1, 2, 3)
    ]
    assert code == 0


@pytest.fixture
def forgetful() -> Iterator[str]:
    """A server that acknowledges everything and keeps nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(b"{}")

        def do_GET(self) -> None:
            self._answer(b'{"spans": [], "logs": [], "traces": [], "services": []}')

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_was_acknowledged_and_lost_is_counted(forgetful: str) -> None:
    code, (found,) = canary(forgetful, "--rounds", "1", "--patience", "0.05")
    assert (found["written"], found["missing"], found["duplicate"], found["different"]) == (8, 9, 0, 1)
    assert code == 1


def test_nobody_there_is_said_with_a_code_of_its_own() -> None:
    assert canary("127.0.0.1:9", "--rounds", "1") == (3, [])
