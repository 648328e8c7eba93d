"""Django: every request is traced, server spans are named by URL pattern, exceptions are recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from spanwise.instrument.flask import traced_wsgi_call
from spanwise.instrument.patching import wrap
from spanwise.instrument.starlette import traced_call
from spanwise.request import KEY, ServerRequest


def instrument() -> None:
    """Trace all Django handlers, made before or after. Settings are not touched."""
    base = import_module("django.core.handlers.base")
    if wrap(base.BaseHandler, "resolve_request", _noting_route):
        signals = import_module("django.core.signals")
        signals.got_request_exception.connect(_note_exception, dispatch_uid="spanwise")
    # Whichever of the two is imported: each import calls this again.
    for name, make in (("WSGIHandler", traced_wsgi_call), ("ASGIHandler", traced_call)):
        module = sys.modules.get(f"django.core.handlers.{name[:4].lower()}")
        if handler := getattr(module, name, None):
            wrap(handler, "__call__", make)


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
    found = request_of(request)
    if found is not None:
        found.error = sys.exc_info()[1]
