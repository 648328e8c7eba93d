"""Tracer and collector together: a service asks with its key what to keep, and keeps that."""

from __future__ import annotations

from pathlib import Path

from spanwise_collector.notebook.keys import Scope

from tests.collector.access.conftest import make_key
from tests.collector.process import process
from tests.tracer.processes import run_script

TABLE = """
[shop]
sample = 0.0
[shop.sample_rules]
"GET /pay" = 1.0
"""
# By itself it would keep everything; it works on until it is told otherwise.
SERVICE = """
import sys, time, spanwise
spanwise.init("shop", sampling_interval=0.1)
def kept(name):
    with spanwise.span(name) as span:
        return span.otel.is_recording()
for _ in range(300):
    if not kept("asked yet?"): break
    time.sleep(0.05)
else:
    sys.exit("the collector's word never came")
assert [kept(name) for name in ("GET /", "GET /pay", "GET /")] == [False, True, False]
assert spanwise.flush(20)
"""


def test_a_service_keeps_what_the_collectors_file_says(tmp_path: Path) -> None:
    (tmp_path / "sampling.toml").write_text(TABLE)
    data = tmp_path / "data"
    ingest, both = make_key(data, Scope.INGEST), make_key(data, Scope.INGEST, Scope.READ)
    with process(data, "--sampling", str(tmp_path / "sampling.toml")) as collector:
        endpoint = f"http://{collector.http}"
        done = run_script(SERVICE, endpoint, tmp_path, SPANWISE_KEY=ingest)
        assert (done.returncode, done.stderr) == (0, "")
        collector.client.headers["Authorization"] = f"Bearer {both}"
        collector.settle()
        traces = collector.get("/traces", service="shop")["traces"]
        assert {trace["root_name"] for trace in traces} - {"asked yet?"} == {"GET /pay"}
        # Without a key nothing is told, and nothing is kept less for that.
        refused = run_script("import spanwise\n" + WITHOUT_KEY, endpoint, tmp_path)
        assert refused.returncode == 0, refused.stderr
        assert "HTTP 401" in refused.stderr


WITHOUT_KEY = """
import time
spanwise.init("shop", sampling_interval=0.1)
for _ in range(10):
    with spanwise.span("work") as span:
        assert span.otel.is_recording()
    time.sleep(0.05)
"""
