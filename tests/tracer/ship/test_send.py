"""Lines of a pipe on their way to the collector."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.collector.receive.running import Receiver, receiver
from tests.tracer.ship.test_shipping import SPANWISE, environment


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path / "spool", "--max-log-records", "1500") as made:
        yield made


def send(address: str, text: bytes, *arguments: str) -> tuple[int, str]:
    command = [SPANWISE, "send", "--endpoint", address, "--service", "piped", *arguments]
    ended = subprocess.run(command, input=text, capture_output=True, timeout=60, check=False, env=environment())
    return ended.returncode, ended.stderr.decode()


def bodies(running: Receiver) -> list[str]:
    return [record.body.string_value for record in running.records()]


def test_every_line_of_a_pipe_is_a_record_tracebacks_are_one(running: Receiver, tmp_path: Path) -> None:
    lines = [f"line {n}" for n in range(3500)]
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no'
    text = "\n".join([*lines, trace, '{"msg": "json", "level": "warn"}', "no end"]).encode()
    assert send(f"http://127.0.0.1:{running.http_port}", text) == (0, "")
    assert bodies(running) == [*lines[:-1], f"{lines[-1]}\n{trace}", "json", "no end"]
    [resource] = running.log_requests()[0].resource_logs
    assert resource.resource.attributes[-1].value.string_value == "piped"
    file = tmp_path / "file.log"
    file.write_bytes(b"of a file\n")
    assert send(f"http://127.0.0.1:{running.http_port}", b"", str(file)) == (0, "")
    assert bodies(running)[-1] == "of a file"


def test_a_slow_pipe_is_sent_while_it_is_open(running: Receiver) -> None:
    command = [SPANWISE, "send", "-", "--endpoint", f"http://127.0.0.1:{running.http_port}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment()) as sender:
        assert sender.stdin is not None
        sender.stdin.write(b"first\n")
        sender.stdin.flush()
        deadline = time.monotonic() + 30
        while not bodies(running) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert bodies(running) == ["first"]
        sender.stdin.write(b"second")
    assert sender.returncode == 0
    assert bodies(running) == ["first", "second"]


def test_a_collector_that_loses_its_answer_stores_a_batch_once_and_the_key_goes_along(running: Receiver) -> None:
    """A door before the collector that passes a request on, and answers 503 the first time."""
    seen: list[tuple[str, str]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.headers["Idempotency-Key"], self.headers["Authorization"]))
            names = ("Content-Type", "Content-Encoding", "Idempotency-Key")
            running.post(self.path, body, {name: self.headers[name] for name in names})
            self.send_response(503 if len(seen) == 1 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as door:
        thread = threading.Thread(target=door.serve_forever)
        thread.start()
        command = [SPANWISE, "send", "--endpoint", f"http://127.0.0.1:{door.server_address[1]}"]
        key = environment() | {"SPANWISE_KEY": "k"}
        ended = subprocess.run(command, input=b"once\n", timeout=60, check=False, env=key)
        door.shutdown()
        thread.join()
    assert (ended.returncode, len(seen), len(set(seen)), seen[0][1]) == (0, 2, 1, "Bearer k")
    assert bodies(running) == ["once"]


def test_what_was_not_stored_is_told_by_the_exit_code(tmp_path: Path) -> None:
    with receiver(tmp_path / "spool", "--max-body-bytes", "2KiB") as running:
        address = f"http://127.0.0.1:{running.http_port}"
        code, said = send(address, os.urandom(3000).hex().encode() + b"\n")
        assert (code, "1 records cannot be stored and are left out" in said, "max_body_bytes" in said) == (
            1,
            True,
            True,
        )
    code, said = send(address, b"x\n", "--patience", "0.1")
    assert (code, "0 lines were stored, the rest was not" in said) == (1, True)
    assert send("nowhere", b"x\n")[0] == 2
    assert send(address, b"", "/no/such/file")[0] == 2


def test_a_batch_that_is_too_large_for_the_collector_is_sent_in_parts_and_one_line_that_is_is_left_out(
    tmp_path: Path,
) -> None:
    with receiver(tmp_path / "spool", "--max-log-records", "100", "--max-body-bytes", "2KiB") as running:
        address = f"http://127.0.0.1:{running.http_port}"
        lines = [f"2026-11-22T06:00:00 line {number}" for number in range(700)]
        large = os.urandom(3000).hex()
        code, said = send(address, "\n".join([*lines[:300], large, *lines[300:]]).encode() + b"\n")
        assert (code, "spanwise send: 1 records cannot be stored and are left out" in said) == (1, True)
        assert bodies(running) == lines
        times = [record.time_unix_nano for record in running.records()]
        assert times == [times[0] + number for number in range(700)]


def test_real_loggers_write_into_the_pipe(running: Receiver) -> None:
    program = (
        "import sys, logging, structlog, loguru\n"
        "structlog.wrap_logger(structlog.PrintLogger(), processors=[structlog.processors.add_log_level,"
        " structlog.processors.TimeStamper(fmt='iso'), structlog.processors.JSONRenderer()]).warning('s', n=1)\n"
        "sys.stdout.flush()\n"
        "loguru.logger.remove(); loguru.logger.add(sys.stdout, serialize=True); loguru.logger.bind(n=1).warning('l')\n"
    )
    written = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True).stdout
    assert send(f"http://127.0.0.1:{running.http_port}", written) == (0, "")
    found = [(r.body.string_value, r.severity_number, r.time_unix_nano > 0) for r in running.records()]
    assert found == [("s", 13, True), ("l", 13, True)]
