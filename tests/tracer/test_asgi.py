"""The ASGI middleware: one span a request, right in name, status, length and context, and never in the way."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
import spanwise
from anyio import to_thread
from fastapi import APIRouter, FastAPI
from spanwise.asgi import Message, Receive, Scope, Send
from spanwise.testing import capture
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"


async def ok(request: Request) -> Response:
    return JSONResponse({"id": request.path_params.get("id")})


async def boom(request: Request) -> Response:
    raise ValueError("no such thing")


async def broken(request: Request) -> Response:
    return PlainTextResponse("later", status_code=503)


async def streaming(request: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            with spanwise.span("chunk"):
                yield b"x"

    return StreamingResponse(body())


async def background(request: Request) -> Response:
    async def later() -> None:
        with spanwise.span("later"):
            pass

    return PlainTextResponse("soon", background=BackgroundTask(later))


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


def starlette_app() -> Starlette:
    inner = [Route("/items/{id:int}", ok), Route("/boom", boom)]
    return Starlette(
        routes=[
            Route("/items/{id}", ok),
            Route("/boom", boom),
            Route("/broken", broken),
            Route("/stream", streaming),
            Route("/background", background),
            WebSocketRoute("/echo", echo),
            Mount("/api/{tenant}", routes=inner),
        ]
    )


async def get(app: Any, path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        request = client.build_request("GET", path, headers=headers)
        return await transport.handle_async_request(request)


def served(app: Any, path: str, **headers: str) -> Any:
    with capture() as seen:
        anyio.run(lambda: get(app, path, **headers))
    return seen


def test_a_request_is_one_server_span_named_by_its_route() -> None:
    seen = served(starlette_app(), "/items/7?token=secret", traceparent=f"00-{TRACE}-{SPAN}-01")
    (span,) = seen.spans
    assert (span.name, span.kind, span.status) == ("GET /items/{id}", "server", "unset")
    assert (span.trace_id, span.parent_id) == (TRACE, SPAN)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/{id}",
        "network.protocol.version": "1.1",
        "server.address": "shop.test",
        "server.port": 80,
        "url.path": "/items/7",
        "url.query": "token=REDACTED",
        "url.scheme": "http",
        "user_agent.original": span.attributes["user_agent.original"],
    }


def test_mounted_routes_carry_the_path_of_their_mount() -> None:
    assert served(starlette_app(), "/api/acme/items/7").spans[0].name == "GET /api/{tenant}/items/{id:int}"


def test_an_unknown_path_is_named_by_the_method_only() -> None:
    (span,) = served(starlette_app(), "/nothing/here").spans
    assert (span.name, span.attributes["http.response.status_code"], span.status) == ("GET", 404, "unset")


def test_included_routers_of_fastapi_are_named_by_the_whole_path() -> None:
    router = APIRouter(prefix="/items")

    @router.get("/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        return {"id": item_id}

    app = FastAPI()
    app.include_router(router, prefix="/v1")
    (span,) = served(app, "/v1/items/7").spans
    assert span.name == "GET /v1/items/{item_id}"


def test_an_exception_is_recorded_and_reaches_the_server_unchanged() -> None:
    (span,) = served(starlette_app(), "/boom").spans
    assert (span.name, span.status) == ("GET /boom", "error")
    assert span.attributes["error.type"] == "ValueError"
    ((name, event),) = span.events
    assert (name, event["exception.type"], event["exception.message"]) == ("exception", "ValueError", "no such thing")
    assert "in boom" in event["exception.stacktrace"]


def test_a_5xx_answer_is_an_error_without_an_exception() -> None:
    (span,) = served(starlette_app(), "/broken").spans
    assert (span.status, span.attributes["error.type"], span.events) == ("error", "503", [])


def test_the_span_lasts_to_the_last_byte_and_chunks_are_its_children() -> None:
    seen = served(starlette_app(), "/stream")
    server = seen.one("GET /stream")
    chunks = seen.named("chunk")
    assert [chunk.parent_id for chunk in chunks] == [server.span_id] * 3
    assert max(chunk.end_ns for chunk in chunks) < server.end_ns


def test_a_background_task_is_no_part_of_the_requests_time() -> None:
    seen = served(starlette_app(), "/background")
    assert [span.name for span in seen.spans] == ["GET /background", "later"]
    assert seen.one("later").parent_id == seen.one("GET /background").span_id


def test_explicit_and_automatic_instrumentation_make_one_span() -> None:
    app = starlette_app()
    app.add_middleware(spanwise.ASGIMiddleware)
    assert [span.name for span in served(spanwise.ASGIMiddleware(app), "/items/7").spans] == ["GET /items/{id}"]


def test_a_websocket_session_is_one_span_that_counts_messages() -> None:
    with capture() as seen, TestClient(starlette_app()).websocket_connect("/echo") as session:
        session.send_text("hello")
        assert session.receive_text() == "hello"
    (span,) = [span for span in seen.spans if span.kind == "server"]
    assert span.name == "WS /echo"
    assert (span.attributes["websocket.messages.received"], span.attributes["websocket.messages.sent"]) == (1, 1)


def test_records_of_the_request_carry_its_ids() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        logging.getLogger("shop").warning("out of %s", "stock", extra={"sku": 7})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    seen = served(spanwise.ASGIMiddleware(app), "/")
    (record,) = [record for record in seen.records if record.logger == "shop"]
    assert (record.body, record.level, record.severity, record.attributes["sku"]) == ("out of stock", "WARNING", 13, 7)
    assert (record.trace_id, record.span_id) == (int(seen.spans[0].trace_id, 16), int(seen.spans[0].span_id, 16))


def test_a_client_that_leaves_is_noted_and_is_no_error() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def connect() -> None:
        messages: list[Message] = [{"type": "http.request"}, {"type": "http.disconnect"}]

        async def receive() -> Message:
            return messages.pop(0)

        async def send(_message: Message) -> None:
            raise AssertionError("nothing is sent")

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        await spanwise.ASGIMiddleware(app)(scope, receive, send)

    with capture() as seen:
        anyio.run(connect)
    assert (seen.spans[0].status, seen.spans[0].attributes["spanwise.client_disconnected"]) == ("unset", True)


def test_messages_and_scope_types_pass_unchanged() -> None:
    passed: list[tuple[Any, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append((scope, receive))

    async def call() -> None:
        async def receive() -> Message:
            return {}

        async def send(_message: Message) -> None: ...

        for kind in ("lifespan", "future"):
            scope = {"type": kind}
            await spanwise.ASGIMiddleware(app)(scope, receive, send)
            assert passed.pop() == (scope, receive)

    with capture() as seen:
        anyio.run(call)
    assert seen.spans == []


@pytest.mark.parametrize("headers", [{}, {"traceparent": f"00-{TRACE}-{SPAN}-00"}, {"b3": "0"}])
def test_excluded_and_denied_requests_record_nothing_at_all(headers: dict[str, str]) -> None:
    with capture(exclude=["/stream"]) as seen:
        path = "/items/7" if headers else "/stream"
        anyio.run(lambda: get(starlette_app(), path, **headers))
    assert seen.spans == []


@pytest.mark.parametrize("path", ["/items/7", "/boom", "/broken", "/stream", "/nothing"])
def test_answers_are_the_same_with_and_without_the_tracer(path: str) -> None:
    async def answer() -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        response = await get(starlette_app(), path)
        return response.status_code, response.headers.raw, await response.aread()

    untraced = anyio.run(answer)
    with capture():
        assert anyio.run(answer) == untraced


def waits(seen: Any, name: str) -> dict[str, int]:
    events = [attributes for event, attributes in seen.one(name).events if event == "spanwise.wait"]
    return {event["spanwise.wait.for"]: event["spanwise.wait.duration"] for event in events}


def test_a_blocked_event_loop_is_noted_on_the_requests_that_waited_for_it() -> None:
    async def slow(request: Request) -> Response:
        await anyio.sleep(0.1)
        return PlainTextResponse("late")

    async def blocking(request: Request) -> Response:
        time.sleep(0.2)  # noqa: ASYNC251 - this is the fault
        return PlainTextResponse("blocked everyone")

    app = Starlette(routes=[Route("/slow", slow), Route("/blocking", blocking)])

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(get, app, "/slow")
            await anyio.sleep(0.01)
            group.start_soon(get, app, "/blocking")

    with capture() as seen:
        anyio.run(both)
    assert waits(seen, "GET /slow")["event loop"] > 100_000_000


def test_waiting_for_a_thread_is_noted() -> None:
    def endpoint(request: Request) -> Response:
        time.sleep(0.05)
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/sync", endpoint)])

    async def crowd() -> None:
        to_thread.current_default_thread_limiter().total_tokens = 1
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(get, app, "/sync")

    with capture() as seen:
        anyio.run(crowd)
    waited = [attributes for span in seen.spans for _, attributes in span.events]
    assert (
        max(event["spanwise.wait.duration"] for event in waited if event["spanwise.wait.for"] == "thread") > 30_000_000
    )
