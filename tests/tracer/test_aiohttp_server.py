"""aiohttp's server: one span for each request, by route, to the last byte, and the application's answers unchanged."""

from __future__ import annotations

import asyncio
import http.client
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import aiohttp
import pytest
import spanwise
from aiohttp import web
from spanwise.testing import Capture, capture

TRACE, SPAN = "a" * 32, "b" * 16


async def item(request: web.Request) -> web.Response:
    with spanwise.span("inside"):
        logging.getLogger("shop").warning("item %s", request.match_info["number"])
        return web.json_response({"number": request.match_info["number"]})


async def streamed(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(3):
        await response.write(b"x")
        await asyncio.sleep(0.01)
    return response


async def failing(_request: web.Request) -> web.Response:
    raise ValueError("no")


async def gone(_request: web.Request) -> web.Response:
    raise web.HTTPGone


async def slow(_request: web.Request) -> web.Response:
    await asyncio.sleep(20)
    raise AssertionError


async def socket(request: web.Request) -> web.WebSocketResponse:
    opened = web.WebSocketResponse()
    await opened.prepare(request)
    await opened.send_str("hello")
    await opened.close()
    return opened


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    below = web.Application()
    below.add_routes([web.get("/{number}", item)])
    app = web.Application()
    app.add_subapp("/items", below)
    routes = {"/streamed": streamed, "/failing": failing, "/gone": gone, "/slow": slow, "/socket": socket}
    app.add_routes([web.get(path, handler) for path, handler in {**routes, "/healthz": streamed}.items()])
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


def ask(url: str, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
    """By the one client that is never traced."""
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())


def served(path: str, headers: dict[str, str] | None = None, **settings: Any) -> tuple[Capture, int, dict[str, str]]:
    async def serve() -> tuple[int, bytes, dict[str, str]]:
        async with serving() as url:
            return await asyncio.to_thread(ask, url, path, headers or {})

    with capture(**settings) as seen:
        status, _, answered = asyncio.run(serve())
    return seen, status, answered


def test_a_request_is_one_span_named_by_its_route() -> None:
    seen, status, _ = served("/items/7?token=secret", {"User-Agent": "test", "Host": "shop:81"})
    inside, server = seen.spans
    assert (status, server.name, server.kind, server.status) == (200, "GET /items/{number}", "server", "unset")
    assert (inside.parent_id, inside.trace_id) == (server.span_id, server.trace_id)
    assert server.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/{number}",
        "network.protocol.version": "1.1",
        "server.address": "shop",
        "server.port": 81,
        "url.path": "/items/7",
        "url.query": "token=REDACTED",
        "url.scheme": "http",
        "user_agent.original": "test",
    }
    lines = {(record.logger, record.trace_id) for record in seen.records}
    assert ("shop", int(server.trace_id, 16)) in lines


def test_headers_are_believed_and_answered_as_the_settings_say() -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
    seen, _, answered = served("/streamed", headers, response_headers="x-trace-id")
    assert (seen.spans[0].trace_id, seen.spans[0].parent_id, answered["X-Trace-Id"]) == (TRACE, SPAN, TRACE)
    seen, _, _ = served("/streamed", headers, trust="ignore")
    assert (seen.spans[0].trace_id != TRACE, seen.spans[0].parent_id) == (True, None)


@pytest.mark.parametrize(
    ("path", "status", "outcome", "error"),
    [
        ("/failing", 500, "error", "ValueError"),
        ("/gone", 410, "unset", None),
        ("/nothing", 404, "unset", None),
        ("/streamed", 200, "unset", None),
    ],
)
def test_answers_and_exceptions(path: str, status: int, outcome: str, error: str | None) -> None:
    seen, answered, _ = served(path)
    (span,) = seen.spans
    assert (answered, span.attributes["http.response.status_code"]) == (status, status)
    assert (span.status, span.attributes.get("error.type")) == (outcome, error)
    assert span.name == ("GET" if path == "/nothing" else f"GET {path}")
    assert [name for name, _ in span.events if name == "exception"] == (["exception"] if error else [])


def test_excluded_paths_are_not_traced() -> None:
    assert served("/healthz")[0].spans == []


def test_a_client_that_leaves_is_noted_and_no_error() -> None:
    async def leave() -> None:
        async with serving() as url:
            host, _, port = url.removeprefix("http://").partition(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.1)
            writer.close()
            await asyncio.sleep(0.1)

    with capture() as seen:
        asyncio.run(leave())
    (span,) = seen.spans
    assert (span.name, span.status, span.attributes["spanwise.client_disconnected"]) == ("GET /slow", "unset", True)


def test_a_websocket_is_one_span() -> None:
    async def talk() -> None:
        async with serving() as url, aiohttp.ClientSession() as session, session.ws_connect(url + "/socket") as opened:
            assert (await opened.receive()).data == "hello"

    with capture() as seen:
        asyncio.run(talk())
    assert [(span.name, span.status) for span in seen.spans if span.kind == "server"] == [("GET /socket", "unset")]
