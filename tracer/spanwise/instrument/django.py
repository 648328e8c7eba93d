"""Django: every request is traced, server spans are named by URL pattern, exceptions are recorded."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from spanwise.instrument.hooks import when_imported
from spanwise.instrument.patching import wrap
from spanwise.instrument.starlette import traced_call
from spanwise.request import KEY, ServerRequest
from spanwise.wsgi import trace_wsgi


def instrument() -> None:
    """Trace all Django handlers, made before or after. Settings are not touched."""
    base = import_module("django.core.handlers.base")
    if wrap(base.BaseHandler, "resolve_request", _noting_route):
        signals = import_module("django.core.signals")
        signals.got_request_exception.connect(_note_exception, dispatch_uid="spanwise")
        when_imported("django.core.handlers.wsgi", lambda module: _wrap_handler(module.WSGIHandler, _traced_wsgi))
        when_imported("django.core.handlers.asgi", lambda module: _wrap_handler(module.ASGIHandler, traced_call))


def _wrap_handler(handler: Any, make: Callable[..., Any]) -> None:
    wrap(handler, "__call__", make)


def _traced_wsgi(original: Callable[..., Any]) -> Callable[..., Any]:
    def __call__(self: Any, environ: Any, start_response: Any) -> Any:
        return trace_wsgi(original.__get__(self), environ, start_response)

    return __call__


def request_of(django_request: Any) -> ServerRequest | None:
    """The server span's request, wherever Django's request came from."""
    environ = getattr(django_request, "environ", None) or getattr(django_request, "scope", None)
    request = environ.get(KEY) if environ is not None else None
    return request if isinstance(request, ServerRequest) else None


def note_match(request: ServerRequest, match: Any) -> None:
    """Name the span by the URL pattern that matched."""
    if match is not None and isinstance(match.route, str):
        request.route = "/" + match.route.lstrip("^/").removesuffix("$")


def _noting_route(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve_request(self: Any, django_request: Any) -> Any:
        match = original(self, django_request)
        if (request := request_of(django_request)) is not None:
            note_match(request, match)
        return match

    return resolve_request


def _note_exception(sender: Any, request: Any = None, **_extra: Any) -> None:
    import sys

    found = request_of(request)
    if found is not None:
        found.error = sys.exc_info()[1]
