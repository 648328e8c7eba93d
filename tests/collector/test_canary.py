"""The canary finds what a collector keeps, and sees what is missing, doubled, altered or late each way."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from spanwise_collector.canary.tally import VIEWS

from tests.collector.process import Process

# What an answer holds, by the question, and which word of an item to change.
LISTS = {
    "trace_by_id": ("spans", "name"),
    "trace_by_search": ("traces", "root_name"),
    "spans_by_rollup": ("services", "span_count"),
    "logs_by_trace_id": ("logs", "body"),
    "logs_by_search": ("logs", "body"),
}
LATE_SECONDS = 0.4
Fault = Callable[[str, dict[str, Any]], dict[str, Any]]


def canary(address: str, *flags: str) -> tuple[int, list[dict[str, Any]]]:
    command = [str(Path(sys.executable).parent / "spanwise"), "canary", "--json"]
    env = {**os.environ, "SPANWISE_ENDPOINT": f"http://{address}/"}
    ended = subprocess.run([*command, *flags], capture_output=True, text=True, timeout=120, check=False, env=env)
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]


def counts(found: dict[str, Any], what: str) -> dict[str, int]:
    return {view: figures[what] for view, figures in found["views"].items()}


def test_everything_that_a_collector_acknowledged_is_found_as_it_was_written(service: Process) -> None:
    code, rounds = canary(service.http, "--rounds", "3", "--interval", "0", "--seed", "7", "--patience", "30")
    assert [(each["round"], each["spans"], each["logs"], each["clean"]) for each in rounds] == [
        (number, 5 * number, 3 * number, True) for number in (1, 2, 3)
    ]
    assert [each["sentences"] for each in rounds] == [[], [], []]
    assert all(figures["slowest_seconds"] > 0 for figures in rounds[-1]["views"].values())
    assert code == 0


@contextmanager
def altering(address: str, fault: Fault) -> Iterator[str]:
    """A server before a collector that changes its answers to questions."""
    client = httpx.Client(base_url=f"http://{address}", timeout=60, trust_env=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = client.post(self.path, content=body, headers={"Content-Type": self.headers["Content-Type"]})
            self._answer(answer.status_code, answer.content)

        def do_GET(self) -> None:
            answer = client.get(self.path)
            given = answer.json()
            if answer.is_success:
                given = fault(_view(self.path), given)
            self._answer(answer.status_code, json.dumps(given).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with client, ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _view(path: str) -> str:
    parts = urlsplit(path)
    name = parts.path.removeprefix("/api/v1/")
    if name == "logs":
        return "logs_by_trace_id" if "trace_id=" in parts.query else "logs_by_search"
    return {"traces": "trace_by_search", "services": "spans_by_rollup"}.get(name, "trace_by_id")


def dropped(view: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, LISTS[view][0]: []}


def doubled(view: str, answer: dict[str, Any]) -> dict[str, Any]:
    listed = answer[LISTS[view][0]]
    if view == "spans_by_rollup":
        listed = [{**each, "span_count": 2 * each["span_count"]} for each in listed]
    return {**answer, LISTS[view][0]: listed if view == "spans_by_rollup" else listed * 2}


def altered(view: str, answer: dict[str, Any]) -> dict[str, Any]:
    name, word = LISTS[view]
    listed = copy.deepcopy(answer[name])
    if view != "spans_by_rollup":
        listed[:1] = [{**each, word: "something else"} for each in listed[:1]]
    return {**answer, name: listed}


def delayed() -> Fault:
    """Answers of each kind hold nothing for a while after the first question."""
    asked: dict[str, float] = {}

    def fault(view: str, answer: dict[str, Any]) -> dict[str, Any]:
        began = asked.setdefault(view, time.monotonic())
        return dropped(view, answer) if time.monotonic() - began < LATE_SECONDS else answer

    return fault


@pytest.mark.parametrize(
    ("kind", "fault", "flags", "wanted"),
    [
        ("missing", dropped, ["--give-up", "0.2"], [5, 1, 5, 3, 3]),
        ("duplicate", doubled, [], [5, 1, 5, 3, 3]),
        ("different", altered, ["--patience", "0.5"], [1, 1, 0, 1, 1]),
        ("late", delayed(), ["--patience", str(LATE_SECONDS / 2)], [1, 1, 1, 1, 1]),
    ],
)
def test_each_thing_that_can_go_wrong_is_seen_in_every_way_of_reading(
    service: Process, kind: str, fault: Fault, flags: list[str], wanted: list[int]
) -> None:
    with altering(service.http, fault) as address:
        code, (found,) = canary(address, "--rounds", "1", "--patience", "30", "--give-up", "60", *flags)
    assert counts(found, kind) == dict(zip(VIEWS, wanted, strict=True))
    for other in {"missing", "duplicate", "different"} - {kind}:
        assert counts(found, other) == dict.fromkeys(VIEWS, 0)
    assert len(found["sentences"]) >= sum(count > 0 for count in wanted)
    assert code == 1


def test_nobody_there_is_said_with_a_code_of_its_own() -> None:
    assert canary("127.0.0.1:9", "--rounds", "1") == (3, [])


def test_a_person_reads_a_line_a_round_and_a_line_a_way_of_reading_at_the_end(service: Process) -> None:
    command = [str(Path(sys.executable).parent / "spanwise"), "canary", "--url", f"http://{service.http}"]
    command += ["--rounds", "1", "--seed", "8", "--patience", "30"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    first, *others = ended.stdout.splitlines()
    wanted = "round 1 (seed 8): 5 spans and 3 log records written so far; this round's were found as they were written"
    assert (ended.returncode, first) == (0, wanted)
    assert [line.split()[0] for line in others] == list(VIEWS)
    assert [" 0 missing, 0 duplicate, 0 different, 0 late; slowest after " in line for line in others] == [True] * 5
