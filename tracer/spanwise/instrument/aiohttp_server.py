"""aiohttp's server: one server span for each request, named by route, ended with the response's last byte."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

from opentelemetry.context import attach, get_current

from spanwise import state
from spanwise.guard import swallowed
from spanwise.instrument.patching import wrap
from spanwise.request import (
    KEY,
    ServerRequest,
    begin,
    excluded_context,
    host_and_port,
    is_excluded,
    redacted_query,
    response_headers,
)


def instrument() -> None:
    """Trace all applications, made before or after."""
    from aiohttp import web, web_protocol

    wrap(web.Application, "_handle", _tracing)
    wrap(web.Request, "_prepare_hook", _adding_headers)
    wrap(web_protocol.RequestHandler, "finish_response", _finishing)


@cache
def _key() -> Any:
    """Where a request carries its span; aiohttp warns of plain text where it knows better."""
    from aiohttp import web

    key = getattr(web, "RequestKey", None)
    return KEY if key is None else key(KEY, object)


def _tracing(original: Callable[..., Any]) -> Callable[..., Any]:
    async def _handle(self: Any, request: Any) -> Any:
        active = state.active
        if active is None or _key() in request:
            return await original(self, request)
        if is_excluded(request.path, active.settings.exclude):
            request[_key()] = None
            return await _untraced(original, self, request)
        found = _begin(active, request)
        if found is None:
            return await original(self, request)
        found.enter()
        try:
            return await original(self, request)
        except asyncio.CancelledError:
            # The client has left; what follows the handler is not reached.
            found.mark("spanwise.client_disconnected", True)
            _end(found, request)
            raise
        except BaseException as error:
            if not isinstance(error, _http_exception()):
                found.error = error
            raise

    return _handle


async def _untraced(original: Callable[..., Any], app: Any, request: Any) -> Any:
    previous, context = get_current(), excluded_context()
    attach(context)
    try:
        return await original(app, request)
    finally:
        if get_current() is context:
            attach(previous)


def _http_exception() -> type[BaseException]:
    from aiohttp.web import HTTPException

    return HTTPException


def _finishing(original: Callable[..., Any]) -> Callable[..., Any]:
    async def finish_response(self: Any, request: Any, resp: Any, *args: Any) -> Any:
        found = request.get(_key())
        if not isinstance(found, ServerRequest):
            return await original(self, request, resp, *args)
        found.status = getattr(resp, "status", None)
        try:
            # The access log is written in there, as part of the span.
            return await original(self, request, resp, *args)
        finally:
            _end(found, request)

    return finish_response


def _adding_headers(original: Callable[..., Any]) -> Callable[..., Any]:
    async def _prepare_hook(self: Any, response: Any) -> None:
        await original(self, response)
        found, active = self.get(_key()), state.active
        if active is not None and isinstance(found, ServerRequest):
            response.headers.extend(response_headers(active, found))

    return _prepare_hook


def _begin(active: state.Active, request: Any) -> ServerRequest | None:
    try:
        fields = {name: request.headers.getall(name) for name in active.propagator.names if name in request.headers}
        found = begin(active, fields, request.method, request.path, request.remote)
        if found.span.is_recording():
            found.span.set_attributes(_attributes(request))
        request[_key()] = found
    except Exception:
        swallowed("starting a server span")
        return None
    return found


def _attributes(request: Any) -> dict[str, Any]:
    """What is known of a request at its start; the method and the path are set already."""
    version = request.version
    attributes: dict[str, Any] = {
        "url.scheme": request.scheme,
        "network.protocol.version": f"{version.major}.{version.minor}",
    }
    if request.query_string:
        attributes["url.query"] = redacted_query(request.rel_url.raw_query_string)
    name, port = host_and_port(request.host, request.scheme)
    attributes["server.address"] = name
    if port is not None:
        attributes["server.port"] = port
    if agent := request.headers.get("User-Agent"):
        attributes["user_agent.original"] = agent[:512]
    return attributes


def _end(found: ServerRequest, request: Any) -> None:
    try:
        resource = getattr(request.match_info.route, "resource", None)
        found.route = resource.canonical if resource is not None else None
    except Exception:
        swallowed("naming a server span")
    found.finish()
    found.leave()
