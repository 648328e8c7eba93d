"""A Starlette application and its test suite."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.tracer.suites import transcript

log = logging.getLogger("app")
tenant: ContextVar[str] = ContextVar("tenant", default="nobody")
done: list[str] = []


class OutOfStock(Exception):
    """A failure that the application answers itself."""


async def item(request: Request) -> Response:
    log.info("item %s of %s", request.path_params["number"], tenant.get())
    return JSONResponse({"number": request.path_params["number"], "tenant": tenant.get()}, headers={"X-Own": "1"})


async def cookies(request: Request) -> Response:
    response = PlainTextResponse(",".join(sorted(request.cookies)))
    response.set_cookie("seen", "yes", httponly=True)
    response.set_cookie("also", "yes")
    return response


async def numbers(_request: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"{number}\n".encode()

    return StreamingResponse(body(), media_type="text/csv")


async def breaking(_request: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"first"
        raise ConnectionError("the source is gone")

    return StreamingResponse(body())


async def echo(request: Request) -> Response:
    length = sum([len(chunk) async for chunk in request.stream()])
    return JSONResponse({"length": length, "type": request.headers["Content-Type"]})


async def raising(_request: Request) -> Response:
    try:
        raise KeyError("inner")
    except KeyError as error:
        error.add_note("a note")
        raise ValueError("outer") from error


async def sold_out(_request: Request) -> Response:
    raise OutOfStock("no more")


async def forbidden(_request: Request) -> Response:
    raise HTTPException(403, "not you", headers={"X-Why": "closed"})


async def later(_request: Request) -> Response:
    async def task() -> None:
        done.append(tenant.get())

    return PlainTextResponse("soon", background=BackgroundTask(task))


def in_a_thread(_request: Request) -> Response:
    return PlainTextResponse(tenant.get())


async def talk(socket: WebSocket) -> None:
    await socket.accept(subprotocol="chat")
    try:
        while True:
            await socket.send_json({"heard": await socket.receive_text()})
    except WebSocketDisconnect as left:
        done.append(f"left with {left.code}")


class Tenants(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        tenant.set(request.headers.get("X-Tenant", "none"))
        response = await call_next(request)
        response.headers.append("X-Tenant", tenant.get())
        return response


async def answer_sold_out(_request: Request, error: Exception) -> Response:
    transcript.exception("handler", error)
    return JSONResponse({"sold_out": str(error)}, status_code=409)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
    done.append("up")
    yield {"database": "open"}
    done.append("down")


def application() -> Starlette:
    shop = [
        Route("/items/{number:int}", item),
        Route("/cookies", cookies),
        Route("/numbers", numbers),
        Route("/breaking", breaking),
        Route("/echo", echo, methods=["POST"]),
        Route("/raising", raising),
        Route("/sold-out", sold_out),
        Route("/forbidden", forbidden),
        Route("/later", later),
        Route("/thread", in_a_thread),
        Route("/away", lambda _request: RedirectResponse("/shop/numbers")),
        WebSocketRoute("/talk", talk),
    ]
    return Starlette(
        routes=[Mount("/shop", routes=shop)],
        middleware=[Middleware(GZipMiddleware, minimum_size=20), Middleware(Tenants)],
        exception_handlers={OutOfStock: answer_sold_out},
        lifespan=lifespan,
    )


REQUESTS = [
    ("GET", "/shop/items/7", {"headers": {"X-Tenant": "blue"}}),
    ("HEAD", "/shop/items/7", {}),
    ("GET", "/shop/items/seven", {}),
    ("DELETE", "/shop/items/7", {}),
    ("GET", "/shop/cookies", {"headers": {"Cookie": "b=2; a=1"}}),
    ("GET", "/shop/numbers", {}),
    ("GET", "/shop/away", {}),
    ("GET", "/shop/sold-out", {}),
    ("GET", "/shop/forbidden", {}),
    ("GET", "/shop/later", {"headers": {"X-Tenant": "green"}}),
    ("GET", "/shop/thread", {"headers": {"X-Tenant": "red"}}),
    ("POST", "/shop/echo", {"json": {"a": [1, None]}}),
    ("GET", "/nothing", {}),
    ("OPTIONS", "/shop/echo", {}),
]


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_an_answer(method: str, path: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    done.clear()
    caplog.set_level("INFO", "app")
    with TestClient(application(), follow_redirects=False) as client:
        found = client.request(method, path, **options)
    transcript.answer(f"{method} {path}", found.status_code, found.headers.multi_items(), found.content)
    transcript.write("done", done)
    logged = [(each.name, each.levelname, each.getMessage()) for each in caplog.records if each.name == "app"]
    transcript.write("logged", logged)


@pytest.mark.parametrize("path", ["/shop/raising", "/shop/breaking"])
def test_an_exception_reaches_the_server(path: str) -> None:
    with TestClient(application()) as client, pytest.raises((ValueError, ConnectionError)) as raised:
        client.get(path)
    transcript.exception(path, raised.value)


def test_an_exception_is_a_500_where_the_server_takes_it() -> None:
    client = TestClient(application(), raise_server_exceptions=False)
    found = client.get("/shop/raising")
    transcript.answer("500", found.status_code, found.headers.multi_items(), found.content)


def test_a_websocket() -> None:
    done.clear()
    with TestClient(application()) as client:
        with client.websocket_connect("/shop/talk", subprotocols=["chat"]) as socket:
            socket.send_text("hello")
            transcript.write("socket", socket.accepted_subprotocol, socket.receive_json())
            socket.close(4001)
        with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/nothing"):
            pass
    transcript.write("refused", refused.value.code, refused.value.reason)
    transcript.write("done", done)
