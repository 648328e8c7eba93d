"""Three applications behave as without the tracer: their own test suites pass, and all they showed is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.processes import BIN, environment
from tests.tracer.sink import Sink

ROOT = Path(__file__).parents[2]
OPTIONS = ["-q", "-p", "no:cacheprovider", "--override-ini", "python_files=*_suite.py"]


def shown(suite: str, folder: Path, name: str, *runner: str, endpoint: str) -> list[list[Any]]:
    """What an application showed while its suite ran, and passed."""
    path = folder / name
    command = [*runner, "-m", "pytest", *OPTIONS, f"tests/tracer/suites/{suite}_suite.py"]
    # Frameworks write headers in the order of sets.
    env = environment(endpoint, SUITE_TRANSCRIPT=str(path), PYTHONHASHSEED="0")
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("suite", ["starlette", "flask", "django"])
def test_a_suite_passes_and_all_it_showed_is_the_same(suite: str, sink: Sink, tmp_path: Path) -> None:
    traced = [str(BIN / "spanwise"), "run", "--service", suite, sys.executable]
    before = shown(suite, tmp_path, "without", sys.executable, endpoint=sink.endpoint)
    assert (len(before) > 20, sink.spans) == (True, [])
    assert shown(suite, tmp_path, "with", *traced, endpoint=sink.endpoint) == before
    served = [span for span in sink.spans if span.kind == "server"]
    assert len(served) >= sum(" /" in line[0] for line in before) > 10
