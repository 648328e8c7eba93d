"""Pyramid: every application is traced, server spans are named by route, exceptions are recorded."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from spanwise.instrument.flask import traced_wsgi_call
from spanwise.instrument.patching import wrap
from spanwise.request import KEY, ServerRequest


def instrument() -> None:
    """Trace all Pyramid applications, made before or after."""
    router = import_module("pyramid.router").Router
    wrap(router, "__call__", traced_wsgi_call)
    wrap(router, "invoke_request", _noting_route)


def _noting_route(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke_request(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        found = request.environ.get(KEY)
        try:
            return original(self, request, *args, **options)
        finally:
            if isinstance(found, ServerRequest):
                route = getattr(request, "matched_route", None)
                if route is not None:
                    found.route = route.pattern
                # An exception view has answered it; those that are answers themselves, such as 404, are no errors.
                error = getattr(request, "exception", None)
                if found.error is None and not hasattr(error, "status_int"):
                    found.error = error

    return invoke_request
