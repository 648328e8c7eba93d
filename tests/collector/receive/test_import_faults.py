"""A file at which our own reading fails: what can be read of it is kept, the rest counted and not asked for again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import failures
from spanwise_collector.receive import import_files, imported
from spanwise_collector.receive.http import default_project
from spanwise_collector.receive.intake import Intake
from spanwise_collector.receive.ndjson import message_of
from spanwise_collector.settings import Settings
from spanwise_collector.spool import Spool

LINES = [{"time_unix_nano": 1_795_232_696_000_000_000 + number, "body": f"line {number}"} for number in range(3)]
FILE = b"".join(json.dumps(line).encode() + b"\n" for line in LINES)


class Importing:
    def __init__(self, client: TestClient, intake: Intake) -> None:
        self.client, self.intake = client, intake


@pytest.fixture
def importing(tmp_path: Path) -> Iterator[Importing]:
    spool = Spool(tmp_path / "spool", segment_age=3600)
    spool.start()
    intake = Intake(spool)
    app = FastAPI()
    app.include_router(imported.router(intake, Settings.load(["--data", str(tmp_path)]), default_project))
    failures.install(app, print)
    with TestClient(app) as client:
        yield Importing(client, intake)
    spool.close()
    intake.close()


def fail_at(patched: pytest.MonkeyPatch, text: str) -> None:
    """Let the reader of lines fail at one, as it should not."""

    def failing(line: Any) -> Any:
        if text in line["body"]:
            raise ZeroDivisionError
        return message_of(line)

    patched.setattr("spanwise_collector.receive.import_files.message_of", failing)


def test_the_lines_beside_one_at_which_our_reader_fails_are_taken(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, "line 1")
    answer = importing.client.post("/api/v1/import", content=FILE)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "format": "ndjson",
            "spans": 0,
            "logs": 2,
            "repeated": 0,
            "rejected": 1,
            "message": "line 2: the collector met a fault of its own; see its log.",
        },
    )
    assert importing.intake.counters.refused == {("traces", "import", "internal_error"): 1}


def test_a_file_of_which_nothing_can_be_read_for_a_fault_of_ours_is_bad_and_not_asked_for_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, "line")
    answer = importing.client.post("/api/v1/import", content=FILE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_data")
    assert importing.intake.counters.refused == {
        ("traces", "import", "internal_error"): 3,
        ("traces", "import", "bad_data"): 1,
    }


def test_a_document_at_which_our_reader_fails_is_bad_and_not_asked_for_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: object, piece: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(import_files._Whole, "decode", failing)
    answer = importing.client.post("/api/v1/import", content=b"[]")
    assert answer.status_code == 400
    assert "The collector met a fault of its own" in answer.json()["error"]["message"]
    assert importing.intake.counters.refused["traces", "import", "internal_error"] == 1


def test_a_file_of_zeros_is_no_file_of_messages_without_content(importing: Importing) -> None:
    answer = importing.client.post("/api/v1/import?format=otlp", content=bytes(2**20))
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "The file has a message of OTLP without content.",
    )
