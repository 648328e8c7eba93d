"""The pages on frameworks say what is true: their code runs, under their command, and makes the span they name."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import httpx
import pytest
from spanwise.options import Options
from spanwise.settings import Settings

from bench.ports import free_port
from tests.tracer.processes import BIN, environment, serving
from tests.tracer.sink import Sink

DOCS = Path(__file__).parents[2] / "docs"
# These pages have tests of their own: Celery's with its broker, gRPC's without HTTP.
PAGES = sorted(page for page in (DOCS / "frameworks").glob("*.md") if page.stem not in ("celery", "grpc"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_makes_the_span_it_names(page: Path, sink: Sink, tmp_path: Path) -> None:
    text = page.read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (command,) = re.findall(r"^\$ (spanwise run .*)$", text, re.MULTILINE)
    (path, name) = re.findall(r"Ask for `([^`]+)` and the server span is named `([^`]+)`", text)[0]
    port = free_port()
    (tmp_path / "main.py").write_text(code.replace("8000", str(port)))
    arguments = shlex.split(command.replace("8000", str(port)))
    arguments[0] = str(BIN / "spanwise")
    env = environment(sink.endpoint, PYTHONPATH=str(tmp_path), PATH=f"{BIN}:{os.environ['PATH']}", PYTHONWARNINGS="")
    with serving(arguments, port, tmp_path, env) as server:
        assert httpx.get(server.url + path, timeout=10).status_code == 200
        sink.wait_for(lambda seen: any(span.attributes.get("url.path") == path for span in seen.spans))
    (span,) = [span for span in sink.spans if span.kind == "server" and span.attributes["url.path"] == path]
    assert (span.name, span.service) == (name, "api")


def test_every_setting_is_documented() -> None:
    text = (DOCS / "tracer.md").read_text()
    internal = {"traces_endpoint", "logs_endpoint"}
    missing = [name for name in Settings.__dataclass_fields__ if f"| `{name}`" not in text and name not in internal]
    assert missing == []


def test_every_setting_has_its_type_for_editors() -> None:
    derived = {"traces_endpoint", "logs_endpoint"}
    positional = {"service", "endpoint", "accept", "send"}
    assert Options.__annotations__.keys() == Settings.__dataclass_fields__.keys() - derived - positional
