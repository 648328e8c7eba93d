"""What answers in a collector's place may be anybody: it gets no key that was meant for another, and steers nothing."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from spanwise_collector.cli import files, remote, search, tail, terminal, verdicts

STEERING = "\x1b]0;title\x07\x1b[2J\x9b2J\u202e\x7f"
WRITTEN = r"\x1b]0;title\x07\x1b[2J\x9b2J\u202e\x7f"


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes = b"") -> Iterator[tuple[str, list[str]]]:
    """The address of a server that answers everything so, and the keys that it was shown."""
    shown: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", shown
        finally:
            server.shutdown()
            thread.join()


def test_a_key_is_not_shown_to_whom_an_answer_names() -> None:
    with answering(200, {}, b"{}") as (other, shown), answering(302, {"Location": other}) as (first, asked):
        given = argparse.Namespace(url=first, key="secret")
        with pytest.raises(remote.Failure, match="the collector answered 302"):
            remote.asked(given, "/api/v1/traces")
    assert (asked, shown) == (["Bearer secret"], [])


def test_nothing_that_is_printed_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.write(f"\x1b[31mred\x1b[0m {STEERING}\nnext é …")
    assert capsys.readouterr().out == f"\x1b[31mred\x1b[0m {WRITTEN}\nnext é …\n"


def test_a_waterfall_and_a_verdict_of_anybody_steer_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(200, {"Content-Type": "text/plain"}, STEERING.encode()) as (address, _):
        assert search.trace(["1" * 32, f"--url={address}"]) == 0
    assert capsys.readouterr().out == f"{WRITTEN}\n"
    checked = {"span_count": 1, "rules": [STEERING], "history_traces": 0}
    verdict = {"trace_id": STEERING, "verdict": "nothing", "summary": "", "findings": [], "checked": checked}
    with answering(200, {}, json.dumps(verdict).encode()) as (address, _):
        assert verdicts.explain(["1" * 32, f"--url={address}"]) == 0
    assert [each for each in capsys.readouterr().out if not each.isprintable() and each != "\n"] == []


def test_lines_of_the_tail_as_json_are_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    item = {"body": STEERING}
    tail._show_event(argparse.Namespace(json=True), "log", json.dumps(item, ensure_ascii=False))
    out = capsys.readouterr().out
    assert (json.loads(out), out.isascii()) == (item, True)


def test_an_export_without_its_end_is_said_to_have_none() -> None:
    for end in (b'{"signal": "logs"}', b'{"signal": ' + b"[" * 20_000):
        with pytest.raises(remote.Failure, match="ended before the file did"):
            files._end_of(end)
