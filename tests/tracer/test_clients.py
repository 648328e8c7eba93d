"""Outgoing calls: one client span on the wire each, with headers, and nothing leaked in attributes."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import aiohttp
import anyio
import httpx
import httpx2
import pytest
import requests
import spanwise
import urllib3
from spanwise.testing import capture


class Peer:
    """A server that notes headers; `/redirect` redirects, `/status/N` answers N."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.location = "/end"
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                peer.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                status = 302 if self.path == "/redirect" else int(self.path.partition("/status/")[2] or 200)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", peer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def peer() -> Iterator[Peer]:
    started = Peer()
    yield started
    started.close()


def get_async(module: Any) -> Any:
    def get(url: str, **options: Any) -> Any:
        async def fetch() -> Any:
            async with module.AsyncClient() as client:
                return await client.get(url, **options)

        return anyio.run(fetch)

    return get


def get_aiohttp(url: str, follow_redirects: bool = False) -> None:
    async def fetch() -> None:
        async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=follow_redirects) as answer:
            await answer.read()

    anyio.run(fetch)


def get_urllib3(url: str, follow_redirects: bool = False) -> None:
    with urllib3.PoolManager() as pool:
        pool.request("GET", url, redirect=follow_redirects, retries=2 if follow_redirects else False)


def get_urllib(url: str, follow_redirects: bool = True) -> None:
    with suppress(urllib.error.HTTPError), urllib.request.urlopen(url, timeout=5) as answer:
        answer.read()


CLIENTS: dict[str, Any] = {
    "httpx": httpx.get,
    "httpx-async": get_async(httpx),
    "httpx2": httpx2.get,
    "httpx2-async": get_async(httpx2),
    "requests": lambda url, follow_redirects=False: requests.get(url, timeout=5, allow_redirects=follow_redirects),
    "aiohttp": get_aiohttp,
    "urllib3": get_urllib3,
    "urllib": get_urllib,
}
REFUSED = (
    httpx.ConnectError,
    httpx2.ConnectError,
    requests.ConnectionError,
    aiohttp.ClientConnectorError,
    urllib3.exceptions.NewConnectionError,
    urllib.error.URLError,
)


@pytest.fixture(params=list(CLIENTS))
def get(request: pytest.FixtureRequest) -> Any:
    return CLIENTS[request.param]


def test_a_call_is_a_client_span_whose_id_travels(get: Any, peer: Peer) -> None:
    with capture(send="tracecontext,baggage,b3,b3multi") as seen, spanwise.span("work"):
        get(f"{peer.url}/items?token=secret")
    call, work = seen.spans
    assert (call.name, call.kind, call.status, call.parent_id) == ("GET", "client", "unset", work.span_id)
    assert call.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": peer.port,
        "url.full": f"{peer.url}/items?token=REDACTED",
    }
    ((path, headers),) = peer.seen
    assert path == "/items?token=secret"
    assert headers["traceparent"] == f"00-{call.trace_id}-{call.span_id}-01"
    assert headers["b3"] == f"{call.trace_id}-{call.span_id}-1"
    assert (headers["x-b3-traceid"], headers["x-b3-spanid"]) == (call.trace_id, call.span_id)


def test_every_redirect_is_a_call_of_its_own(get: Any, peer: Peer) -> None:
    with capture() as seen:
        get(f"{peer.url}/redirect", follow_redirects=True)
    assert [span.attributes["http.response.status_code"] for span in seen.spans] == [302, 200]
    parents = [headers["traceparent"].split("-")[2] for _, headers in peer.seen]
    assert parents == [span.span_id for span in seen.spans]


@pytest.mark.parametrize("status", [404, 503])
def test_an_error_answer_is_an_error(get: Any, peer: Peer, status: int) -> None:
    with capture() as seen:
        get(f"{peer.url}/status/{status}")
    assert (seen.spans[0].status, seen.spans[0].attributes["error.type"]) == ("error", str(status))


def test_a_refused_connection_is_recorded_and_raised_as_it_is(get: Any, peer: Peer) -> None:
    peer.close()
    with (
        capture() as seen,
        pytest.raises(REFUSED) as raised,
    ):
        get(f"{peer.url}/")
    kind = type(raised.value)
    assert seen.spans[0].attributes["error.type"] == f"{kind.__module__}.{kind.__qualname__}"
    assert seen.spans[0].status == "error"


def test_an_unsampled_trace_sends_its_decision_and_no_span(get: Any, peer: Peer) -> None:
    with capture(sample=0.0) as seen:
        get(peer.url)
    assert seen.spans == []
    assert peer.seen[0][1]["traceparent"].endswith("-00") or peer.seen[0][1]["traceparent"].endswith("-02")
    assert peer.seen[0][1]["b3"].endswith("-0")


def test_without_init_nothing_is_added(get: Any, peer: Peer) -> None:
    get(peer.url)
    assert not {"traceparent", "b3", "baggage"} & peer.seen[0][1].keys()


def test_a_redirect_to_a_host_that_is_told_nothing_takes_our_headers_off(get: Any, peer: Peer) -> None:
    stranger = Peer()
    peer.location = f"http://localhost:{stranger.port}/"
    with capture(propagate_to="127.0.0.1") as seen, spanwise.span("work"):
        get(f"{peer.url}/redirect", follow_redirects=True)
    stranger.close()
    first, second, _ = seen.spans
    assert ("traceparent" in peer.seen[0][1], second.attributes["spanwise.propagated"]) == (True, False)
    assert not {"traceparent", "tracestate", "b3", "baggage"} & stranger.seen[0][1].keys()
    assert (first.trace_id, first.parent_id) == (second.trace_id, second.parent_id)
