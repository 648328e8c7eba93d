"""The web view's files, and the headers of every answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from spanwise_collector.api import failures, web
from starlette.testclient import TestClient

from tests.collector.process import Process

INDEX = "<!doctype html><title>Spanwise</title>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_text(INDEX)
    (tmp_path / "static" / "assets" / "index-abc.js").write_text("let a")
    (tmp_path / "static" / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "static" / "way-out").symlink_to(tmp_path / "secret.txt")
    return tmp_path / "static"


@pytest.fixture
def view(folder: Path) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(web.router(print, folder))
    app.add_middleware(web.SecurityHeaders)
    failures.install(app, print)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/index.html", "/trace/abc", "/logs?text=a", "/no.such.file"])
def test_every_path_of_the_view_is_its_page_which_is_asked_for_anew_each_time(view: TestClient, path: str) -> None:
    answer = view.get(path)
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, INDEX, "no-cache")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        (f"/t/{'ab' * 16}.html?view=flame", f"/api/v1/traces/{'ab' * 16}.html"),
        (f"/t/{'ab' * 16}.txt", f"/api/v1/traces/{'ab' * 16}.txt"),
        ("/logs.html?q=a%3A%22b+c%22&from=now-1h&to=&cols=x", "/api/v1/logs.html?q=a%3A%22b+c%22&start=now-1h"),
        ("/logs.html?from=all", "/api/v1/logs.html"),
        ("/errors/00ff.html?from=now-24h&to=now", "/api/v1/errors/00ff.html?start=now-24h&end=now"),
    ],
)
def test_a_page_without_a_script_is_known_by_the_views_address_too(view: TestClient, asked: str, leads_to: str) -> None:
    answer = view.get(asked, follow_redirects=False)
    assert (answer.status_code, str(answer.url.join(answer.headers["Location"]).raw_path, "ascii")) == (307, leads_to)


def test_hashed_assets_are_kept_forever_and_others_are_not(view: TestClient) -> None:
    asset, icon = view.get("/assets/index-abc.js"), view.get("/favicon.svg")
    assert (asset.text, asset.headers["Cache-Control"]) == ("let a", "public, max-age=31536000, immutable")
    assert (icon.text, icon.headers["Cache-Control"]) == ("<svg/>", "no-cache")
    assert [each.headers["Content-Type"].partition(";")[0] for each in (asset, icon)] == [
        "text/javascript",
        "image/svg+xml",
    ]


def test_what_asks_for_no_page_and_nothing_of_the_api_is_not_found_and_counted(folder: Path) -> None:
    app, counted = FastAPI(), list[str]()

    @app.get("/api/v1/known")
    def known() -> None:
        """What is only read."""

    app.include_router(web.router(counted.append, folder))
    failures.install(app, counted.append)
    with TestClient(app) as client:
        asked = [("POST", "/api/v9/spans"), ("POST", "/ingest"), ("GET", "/api/v9/spans"), ("PUT", "/")]
        answers = [client.request(method, path) for method, path in asked]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert {answer.json()["error"]["code"] for answer in answers} == {"not_found"}
        assert counted == ["not_found"] * 4
        assert client.post("/api/v1/known").status_code == 405
        assert client.get("/trace/abc").text == INDEX
    assert len(counted) == 4


def test_an_asset_of_another_version_is_not_found(view: TestClient) -> None:
    answer = view.get("/assets/index-old.js")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/", "/assets/index-abc.js", "/trace/abc"])
def test_head_answers_as_get_does_without_the_body(view: TestClient, path: str) -> None:
    asked, headed = view.get(path), view.head(path)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["Content-Length"] == asked.headers["Content-Length"]


def test_without_a_built_view_the_page_says_so(tmp_path: Path) -> None:
    app = FastAPI()
    app.include_router(web.router(print, tmp_path / "nothing"))
    with TestClient(app) as client:
        answer = client.get("/")
    assert answer.status_code == 200
    assert answer.text.startswith("The collector runs, but this installation has no web view")


OUTSIDE = [
    "/../cli.py",
    "/%2e%2e/cli.py",
    "/..%2fcli.py",
    "/%2e%2e%2fcli.py",
    "/%252e%252e/cli.py",
    "/assets/../../cli.py",
    "/assets/%2e%2e/%2e%2e/cli.py",
    "/assets%2f..%2f..%2fcli.py",
    "/..%5ccli.py",
    "/%2fetc/passwd",
    "//etc/passwd",
    "/index.html%00.js",
    "/%00",
    "/%ff%fe",
    "/" + "a" * 5000,
    "/assets/" + "a" * 5000,
    "/" + "a/" * 3000,
]


def test_a_link_that_leads_out_of_the_folder_is_not_followed(view: TestClient) -> None:
    assert view.get("/way-out").text == INDEX


def raw(service: Process, target: bytes) -> bytes:
    """The answer to a request line as it stands: clients tidy paths up before they send them."""
    host, _, port = service.http.partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("path", OUTSIDE, ids=range(len(OUTSIDE)))
def test_paths_as_they_stand_on_the_wire_get_an_answer_and_no_file(service: Process, path: str) -> None:
    answer = raw(service, path.encode())
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert b"root:" not in answer
    assert b"def up" not in answer


@pytest.mark.parametrize(
    "path", ["/", "/assets/none.js", "/api/v1/status", "/api/v1/nothing", "/healthz", "/openapi.json", "/v1/traces"]
)
def test_every_answer_has_the_headers_that_protect_its_reader(service: Process, path: str) -> None:
    headers = service.client.get(path).headers
    policy = headers["Content-Security-Policy"]
    for rule in ("default-src 'self'", "script-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert {
        name: headers.get(name)
        for name in ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Server")
    } == {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Server": None,
    }


def test_readiness_says_ready_and_health_ok(service: Process) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = service.client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
