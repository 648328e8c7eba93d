"""OpenTelemetry's own instrumentations join in where they are installed, and nothing is traced twice."""

from __future__ import annotations

from pathlib import Path

from tests.tracer.processes import run_script
from tests.tracer.sink import Sink

CODE = """
import sqlite3, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import requests, sqlalchemy, urllib3
import spanwise
spanwise.init("script")

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *args): pass

server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
with spanwise.span("through requests"):
    requests.get(url)
with spanwise.span("through urllib3"):
    urllib3.PoolManager().request("GET", url + "?token=secret7")
with sqlalchemy.create_engine("sqlite://").connect() as connection, spanwise.span("through sqlalchemy"):
    connection.execute(sqlalchemy.text("SELECT 1"))
with spanwise.span("through sqlite3"):
    sqlite3.connect(":memory:").cursor().execute("SELECT 'secret7'")
"""


def test_one_span_for_each_call_whichever_way_it_goes(sink: Sink, tmp_path: Path) -> None:
    done = run_script(CODE, sink.endpoint, tmp_path, PYTHONWARNINGS="ignore")
    assert done.returncode == 0, done.stderr
    names = {span.span_id: span.name for span in sink.spans}
    calls = [(names[span.parent_id], span.name, span.kind) for span in sink.spans if span.parent_id in names]
    assert sorted(calls) == [
        ("through requests", "GET", "client"),
        ("through sqlalchemy", "SELECT", "client"),
        ("through sqlite3", "SELECT", "client"),
        ("through urllib3", "GET", "client"),
    ]
    statements = [span.attributes.get("db.query.text", span.attributes.get("db.statement")) for span in sink.spans]
    assert [statement for statement in statements if str(statement).startswith("SELECT")] == ["SELECT ?"] * 2


def test_what_is_switched_off_is_not_traced(sink: Sink, tmp_path: Path) -> None:
    names = "requests,urllib3,sqlalchemy,sqlite3"
    done = run_script(CODE, sink.endpoint, tmp_path, SPANWISE_WITHOUT=names, PYTHONWARNINGS="ignore")
    assert done.returncode == 0, done.stderr
    assert {span.kind for span in sink.spans} == {"internal"}
