"""The tracer and the commands, against a collector that asks for keys: the right key works, the wrong one is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collector.access.conftest import Guarded
from tests.collector.process import eventually

SERVICE = """
import logging, spanwise
logging.basicConfig(level=logging.WARNING, format="%(message)s")
spanwise.init("keyed", instrument=False)
with spanwise.span("work"):
    pass
spanwise.shutdown()
"""


def run(guarded: Guarded, *command: str, key: str | None = None, **variables: str) -> tuple[int, str, str]:
    """A command beside the collector: exit code, stdout, stderr."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPANWISE_", "OTEL_"))}
    kept |= {"SPANWISE_ENDPOINT": f"http://{guarded.service.http}", "NO_COLOR": "1", **variables}
    if key is not None:
        kept["SPANWISE_KEY"] = guarded.keys[key]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def spanwise(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("spanwise")), *arguments]


@pytest.mark.parametrize("how", ["SPANWISE_KEY", "OTEL_EXPORTER_OTLP_HEADERS"])
def test_a_service_sends_with_the_key_of_its_environment(guarded: Guarded, how: str) -> None:
    value = guarded.keys["ingest"] if how == "SPANWISE_KEY" else f"authorization=Bearer%20{guarded.keys['ingest']}"
    before = _count(guarded)
    assert run(guarded, sys.executable, "-c", SERVICE, **{how: value}) == (0, "", "")
    assert eventually(lambda: _count(guarded), lambda count: count > before) == before + 1


def test_a_service_without_the_right_key_says_so_and_shows_no_key(guarded: Guarded) -> None:
    sentence = "HTTP 401, the key is missing or not known there (SPANWISE_KEY)"
    for key in (None, "unknown"):
        code, out, err = run(guarded, sys.executable, "-c", SERVICE, key=key)
        assert (code, out) == (0, "")
        assert sentence in err
        assert guarded.keys["unknown"] not in err


def test_a_canary_needs_a_key_that_sends_and_reads(guarded: Guarded) -> None:
    canary = spanwise(
        "canary", "--url", f"http://{guarded.service.http}", "--rounds", "1", "--patience", "30", "--json"
    )
    code, out, err = run(guarded, *canary, key="sender")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["clean"], told["spans"] > 0, told["logs"] > 0) == (True, True, True)
    refusal = f"spanwise canary: http://{guarded.service.http} refuses: "
    assert run(guarded, *canary, "--key", guarded.keys["unknown"]) == (
        3,
        "",
        refusal + "The key is not known here, or it was revoked. Here a key is given by SPANWISE_KEY or --key.\n",
    )
    assert run(guarded, *canary, key="ingest")[2] == (
        refusal
        + "The key does not allow this: it lacks the scope read. Here a key is given by SPANWISE_KEY or --key.\n"
    )


@pytest.mark.parametrize("command", [["diagnose"], ["explain", "ab" * 16]])
def test_questions_of_the_terminal_show_the_key(guarded: Guarded, command: list[str]) -> None:
    assert "needs a key with the scope read" in run(guarded, *spanwise(*command))[2]
    assert "not known here" in run(guarded, *spanwise(*command, "--key", guarded.keys["forged"]))[2]
    assert "key" not in run(guarded, *spanwise(*command), key="read")[2]


def test_the_doctor_names_a_wrong_key_and_is_content_with_one_that_only_sends(guarded: Guarded) -> None:
    code, out, _ = run(guarded, *spanwise("doctor"), key="unknown")
    assert code == 1
    assert "The collector does not know the key that it was given, or got none (SPANWISE_KEY)." in out
    code, out, _ = run(guarded, *spanwise("doctor"), key="ingest")
    assert code == 0
    assert "The key only sends, so the span cannot be read back." in out


def _count(guarded: Guarded) -> int:
    services = guarded.ask("GET", "/api/v1/services", "read").json()["services"]
    return sum(each["span_count"] for each in services if each["name"] == "keyed")
