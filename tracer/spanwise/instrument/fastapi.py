"""FastAPI: as Starlette, with the routes of included routers, and without the spans FastAPI makes itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spanwise.instrument import starlette
from spanwise.instrument.patching import wrap
from spanwise.request import KEY, ServerRequest


def instrument() -> None:
    """Trace all FastAPI applications, made before or after."""
    from fastapi import applications, routing

    starlette.instrument()
    wrap(applications.FastAPI, "__call__", starlette.traced_call)
    # Releases that keep included routers apart announce each route that is chosen, with its whole path.
    wrap(routing, "_route_selected", _noting_selection)
    wrap(routing.APIRoute, "handle", _noting_api_route)


def _noting_selection(original: Callable[..., Any]) -> Callable[..., Any]:
    def _route_selected(*, scope: Any, path: str | None, mount: bool = False) -> None:
        request = scope.get(KEY)
        if isinstance(request, ServerRequest) and path is not None:
            if mount:
                request.pending_mount = path.removesuffix("/{path}")
            else:
                request.route = request.prefix + path
        original(scope=scope, path=path, mount=mount)

    return _route_selected


def _noting_api_route(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        request = scope.get(KEY)
        if isinstance(request, ServerRequest) and request.route is None:
            request.route = request.prefix + self.path
        await original(self, scope, receive, send)

    return handle
