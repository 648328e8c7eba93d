"""Telemetry from pages of browsers, on a laptop without keys: of our own origin and of listed ones, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from spanwise_collector.access import Gate, Keyring, Sessions
from spanwise_collector.errors import PermissionDenied
from spanwise_collector.notebook import Notebook
from spanwise_collector.settings import Settings
from starlette.requests import HTTPConnection

PATHS = ("/v1/lines", "/v1/traces", "/loki/api/v1/push", "/api/v2/spans", "/api/traces", "/api/v1/spans")
LISTED = "https://shop.example"
# What browsers send along with a form or a `fetch` of text, for which they ask nobody before.
FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-site"},
    # A name that was bound anew to this machine, so that the page and the collector have the same origin.
    {"host": "evil.example:4318", "origin": "http://evil.example:4318"},
    {"host": "evil.example:4318", "origin": "http://evil.example:4318", "sec-fetch-site": "same-origin"},
    # A name and password for a proxy, which a browser adds by itself.
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "authorization": "Basic eDp5"},
    {"origin": "http://["},
]
OWN = [
    # Programs, in containers too.
    {},
    {"host": "collector:4318"},
    {"origin": LISTED, "sec-fetch-site": "cross-site"},
    {"origin": "http://localhost:4318", "sec-fetch-site": "same-origin"},
    # A key is none that a browser adds by itself.
    {"origin": "https://evil.example", "authorization": "Bearer x"},
    {"host": "app.example", "origin": "https://app.example", "authorization": "bearer x"},
    # A proxy passes on what a page of its own site sends, under the name by which it knows the collector.
    {"host": "collector:4318", "origin": "https://app.example", "sec-fetch-site": "same-origin"},
]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with closing(Notebook.open(tmp_path)) as notebook:
        keyring = Keyring(notebook, reached_by_others=False, insecure=False)
        settings = Settings.load(["--data", str(tmp_path), "--cors-origins", f"https://x.example, {LISTED}"])
        yield Gate(keyring, Sessions(keyring, 60), settings)


def connection(path: str, headers: dict[str, str], method: str = "POST") -> HTTPConnection:
    raw = [(name.encode(), value.encode()) for name, value in ({"host": "localhost:4318"} | headers).items()]
    return HTTPConnection({"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_sends_nothing(gate: Gate, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(PermissionDenied, match="SPANWISE_CORS_ORIGINS"):
        gate.admit(connection(path, headers))
    if path != "/api/v1/spans":  # which is one of questions, but for POST
        # What a browser asks before is answered by the routes: without a permission.
        gate.admit(connection(path, headers, "OPTIONS"))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", OWN, ids=str)
def test_programs_and_pages_that_may_do_send(gate: Gate, path: str, headers: dict[str, str]) -> None:
    gate.admit(connection(path, headers))


def test_a_name_and_password_for_a_proxy_let_no_page_change_anything(gate: Gate) -> None:
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "authorization": "Basic eDp5"}
    with pytest.raises(PermissionDenied):
        gate.admit(connection("/api/v1/views", headers))
    gate.admit(connection("/api/v1/views", headers | {"authorization": "Bearer x"}))
