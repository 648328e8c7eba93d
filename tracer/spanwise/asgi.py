"""The ASGI middleware: one server span for each request and each websocket session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from opentelemetry.context import attach, get_current

from spanwise import state
from spanwise.guard import swallowed
from spanwise.request import (
    KEY,
    ServerRequest,
    begin,
    excluded_context,
    header_values,
    host_and_port,
    is_excluded,
    redacted_query,
    response_headers,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_OWN_HEADERS = {b"host": "host", b"user-agent": "user-agent"}
# FastAPI makes spans of its own unless it finds this key; one span a request is enough.
_FASTAPI = "fastapi.telemetry"


class ASGIMiddleware:
    """Wraps an ASGI application, or is added as its middleware; doing both, or twice, makes one span still.

    Does nothing before `spanwise.init`. Passes every message on unchanged, at once and in order, and every
    exception as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await trace_asgi(self.app, scope, receive, send)


async def trace_asgi(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection of an application, traced."""
    kind = scope["type"]
    if kind == "lifespan" and state.active is not None:
        await app(scope, receive, _flushing(send))
        return
    active = state.active
    if active is None or kind not in ("http", "websocket") or KEY in scope or scope.get(_FASTAPI) is not None:
        await app(scope, receive, send)
        return
    scope.setdefault(_FASTAPI, None)
    if is_excluded(scope.get("path", ""), active.settings.exclude):
        scope[KEY] = None
        await _run_excluded(app, scope, receive, send)
        return
    try:
        request = scope[KEY] = _begin(active, scope, kind)
    except Exception:
        swallowed("starting a server span")
        await app(scope, receive, send)
        return
    extra = response_headers(active, request) if active.settings.response_headers else ()
    if extra or request.span.is_recording():
        await _run(app, scope, _Connection(request, receive, send, extra), request)
    else:
        await _run_unkept(app, scope, receive, send, request)


async def _run(app: ASGIApp, scope: Scope, connection: _Connection, request: ServerRequest) -> None:
    request.watch_loop()
    request.enter()
    try:
        await app(scope, connection.receive, connection.send)
    except BaseException as error:
        connection.failed(error)
        raise
    else:
        connection.returned()
    finally:
        request.leave()
        _route_of_scope(request, scope)
        request.finish()


async def _run_unkept(app: ASGIApp, scope: Scope, receive: Receive, send: Send, request: ServerRequest) -> None:
    """Nothing is to be noted: only the context is carried."""
    request.enter()
    try:
        await app(scope, receive, send)
    except BaseException as error:
        request.finish(error)
        raise
    finally:
        request.leave()


async def _run_excluded(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    previous, context = get_current(), excluded_context()
    attach(context)
    try:
        await app(scope, receive, send)
    finally:
        if get_current() is context:
            attach(previous)


def _flushing(send: Send) -> Send:
    """A server that is told to stop may end the process without exit handlers: flush before it does."""

    async def flushing_send(message: Message) -> None:
        if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
            import asyncio

            from spanwise.setup import leave

            await asyncio.get_running_loop().run_in_executor(None, leave)
        await send(message)

    return flushing_send


class _Connection:
    """The wrapped receive and send of one connection; they note what passes and change nothing."""

    __slots__ = ("_disconnected", "_extra", "_more_trailers", "_receive", "_received", "_request", "_send", "_sent")

    def __init__(
        self, request: ServerRequest, receive: Receive, send: Send, extra: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._extra = [(name.lower().encode(), value.encode()) for name, value in extra]
        self._request = request
        self._receive = receive
        self._send = send
        self._disconnected = False
        self._more_trailers = False
        self._received = 0
        self._sent = 0

    async def receive(self) -> Message:
        message = await self._receive()
        kind = message["type"]
        if kind == "http.disconnect":
            self._disconnected = True
        elif kind == "websocket.receive":
            self._received += 1
        elif kind == "websocket.disconnect":
            self._request.mark("websocket.close_code", message.get("code", 1005))
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        request = self._request
        if kind == "http.response.start":
            request.status = message["status"]
            self._more_trailers = bool(message.get("trailers", False))
            if self._extra:
                message = {**message, "headers": [*message.get("headers", ()), *self._extra]}
        elif kind == "websocket.send":
            self._sent += 1
        elif kind == "websocket.accept":
            request.status = 101
        await self._send(message)
        if _completes(message, self._more_trailers):
            request.last_byte()
            # An error's span waits for the exception that frameworks raise after their answer.
            if request.status is not None and request.status < 500 and request.route is not None:
                request.finish()

    def failed(self, error: BaseException) -> None:
        request = self._request
        if self._disconnected and not isinstance(error, Exception):
            request.mark("spanwise.client_disconnected", True)
        elif request.error is None:
            request.error = error
        self._count_messages()

    def returned(self) -> None:
        if self._disconnected and self._request.status is None:
            self._request.mark("spanwise.client_disconnected", True)
        self._count_messages()

    def _count_messages(self) -> None:
        if self._received or self._sent:
            self._request.mark("websocket.messages.received", self._received)
            self._request.mark("websocket.messages.sent", self._sent)


def _completes(message: Message, more_trailers: bool) -> bool:
    kind = message["type"]
    if kind == "http.response.body":
        return not message.get("more_body", False) and not more_trailers
    return kind == "http.response.pathsend" or (
        kind == "http.response.trailers" and not message.get("more_trailers", False)
    )


def _begin(active: state.Active, scope: Scope, kind: str) -> ServerRequest:
    fields = header_values(scope["headers"], active.propagator.raw_names)
    method = "WS" if kind == "websocket" else scope.get("method", "GET")
    client = scope.get("client")
    request = begin(active, fields, method, scope["path"], client[0] if client else None)
    if request.span.is_recording():
        request.span.set_attributes(_attributes(scope, kind))
    return request


def _attributes(scope: Scope, kind: str) -> dict[str, Any]:
    """What is known of a request at its start; the method and the path are set already."""
    scheme = scope.get("scheme", "http")
    attributes: dict[str, Any] = {
        "url.scheme": scheme,
        "network.protocol.version": scope.get("http_version", "1.1"),
    }
    fields = header_values(scope["headers"], _OWN_HEADERS)
    if query := scope.get("query_string"):
        attributes["url.query"] = redacted_query(query.decode("latin-1"))
    if host := fields.get("host"):
        name, port = host_and_port(host[0], scheme)
        attributes["server.address"] = name
        if port is not None:
            attributes["server.port"] = port
    if agent := fields.get("user-agent"):
        attributes["user_agent.original"] = agent[0][:512]
    if kind == "websocket":
        attributes["network.protocol.name"] = "websocket"
    return attributes


def _route_of_scope(request: ServerRequest, scope: Scope) -> None:
    """Routes that frameworks without a hook of ours leave in the scope, such as Litestar."""
    if request.route is not None:
        return
    template = scope.get("path_template") or getattr(scope.get("route"), "path", None)
    if isinstance(template, str) and template:
        request.route = template
