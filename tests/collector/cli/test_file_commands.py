"""`spanwise export` and `spanwise import`, from and to a collector in a process of its own."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from spanwise_collector.cli import files

from tests import factories
from tests.collector.process import Process
from tests.factories import START, record, span, trace_ids


def run(capsys: pytest.CaptureFixture[str], service: Process, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    command = {"export": files.export, "import": files.import_}[words[0]]
    code = command([*words[1:], "--url", f"http://{service.http}"])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("name", "form"), [("t.otlp", "otlp"), ("t.otlp.jsonl", "otlp-json"), ("t.ndjson", "ndjson"), ("t", "ndjson")]
)
def test_what_is_exported_is_imported_again(
    service: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, form: str
) -> None:
    (trace_id,) = trace_ids(1)
    service.post("/v1/traces", factories.traces([span(trace_id, 1), span(trace_id, 2, 1)]).SerializeToString())
    service.settle()
    file = str(tmp_path / name)
    exported = run(capsys, service, "export", f"trace_id:{trace_id}", "-o", file)
    assert exported == (0, f"Exported 2 spans to {file}.\n", "")
    imported = run(capsys, service, "import", file)
    assert imported == (0, f"{file}: 2 spans and 0 log records taken ({form}).\n", "")
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_is_done_is_said_as_json(service: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.ndjson"
    file.write_text(json.dumps({"time_unix_nano": START, "body": "one"}) + "\n")
    code, said, _ = run(capsys, service, "import", "--json", str(file))
    assert (code, json.loads(said)) == (
        0,
        {"file": str(file), "format": "ndjson", "spans": 0, "logs": 1, "repeated": 0, "rejected": 0, "message": ""},
    )
    code, said, _ = run(capsys, service, "export", "service:nobody", "--json", "-o", str(tmp_path / "none.ndjson"))
    found: dict[str, Any] = json.loads(said)
    assert (code, found["exported"], found["complete"]) == (0, 0, True)


def test_lines_go_to_standard_output_and_come_from_standard_input(
    service: Process, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.post("/v1/logs", factories.logs([record("piped")], "piper").SerializeToString())
    service.settle()
    url = ["--url", f"http://{service.http}"]
    assert files.export(["service:piper", "--signal", "logs", *url]) == 0
    said = capfdbinary.readouterr()
    assert said.err == b"Exported 1 log records.\n"
    first, last = said.out.splitlines()
    assert json.loads(first)["body"] == "piped"
    assert json.loads(last)["spanwiseExport"]["exported"] == 1
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.out)))
    assert files.import_(["-", *url]) == 0
    assert capfdbinary.readouterr().out == b"-: 0 spans and 1 log records taken (ndjson).\n"


def test_exit_codes_tell_what_went_wrong(service: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.ndjson"
    bad.write_text(json.dumps({"time_unix_nano": START, "body": "good"}) + "\n{}\n")
    code, said, _ = run(capsys, service, "import", str(bad))
    assert (code, said.splitlines()[1]) == (
        1,
        "  1 could not be read; the first: line 2: it is neither a span, with start_time_unix_nano, nor a log record,"
        " with time_unix_nano.",
    )
    code, _, said = run(capsys, service, "export", "service:(", "-o", str(tmp_path / "never"))
    assert (code, said.startswith("spanwise export: `q`, column ")) == (2, True)
    assert run(capsys, service, "import", str(tmp_path)) == (
        2, "", f"spanwise import: {tmp_path} is a folder: name the files in it.\n",
    )  # fmt: skip
    assert files.export(["--url", "http://127.0.0.1:1"]) == 3
    assert capsys.readouterr().err.endswith("Start one with: spanwise up\n")
    assert [each.name for each in tmp_path.iterdir()] == ["bad.ndjson"]


def test_a_file_whose_export_broke_off_does_not_stand_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "_asked", lambda *_: io.BufferedReader(io.BytesIO(b'{"name": "half')))
    assert files.export(["-o", str(tmp_path / "half.ndjson")]) == 1
    assert capsys.readouterr().err == "spanwise export: the connection ended before the file did.\n"
    assert [each.name for each in tmp_path.iterdir()] == ["half.ndjson.part"]
