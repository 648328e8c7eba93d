"""Starlette: every application is traced, and every server span named by its route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spanwise.asgi import trace_asgi
from spanwise.instrument.patching import wrap
from spanwise.request import KEY, ServerRequest


def instrument() -> None:
    """Trace all Starlette applications, made before or after."""
    from starlette import applications, routing

    wrap(applications.Starlette, "__call__", traced_call)
    for route in (routing.Route, routing.WebSocketRoute):
        wrap(route, "handle", _noting_route)
    wrap(routing.Mount, "handle", _noting_mount)


def traced_call(original: Callable[..., Any]) -> Callable[..., Any]:
    """An application's `__call__`, traced."""

    async def __call__(self: Any, scope: Any, receive: Any, send: Any) -> None:
        # The first call of a connection makes the span, applications mounted below see it in the scope.
        if KEY in scope:
            await original(self, scope, receive, send)
        else:
            await trace_asgi(original.__get__(self), scope, receive, send)

    return __call__


def _noting_route(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        request = scope.get(KEY)
        if isinstance(request, ServerRequest):
            request.route = request.prefix + self.path
        await original(self, scope, receive, send)

    return handle


def _noting_mount(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        request = scope.get(KEY)
        if isinstance(request, ServerRequest):
            mounted, request.pending_mount = request.pending_mount, None
            request.prefix += self.path if mounted is None else mounted
            request.route = request.prefix + "/*"
        await original(self, scope, receive, send)

    return handle
