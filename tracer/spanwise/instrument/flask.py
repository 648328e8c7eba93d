"""Flask: every application is traced, server spans are named by URL rule, exceptions are recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spanwise.instrument.patching import wrap
from spanwise.request import KEY, ServerRequest
from spanwise.wsgi import trace_wsgi


def instrument() -> None:
    """Trace all Flask applications, made before or after."""
    import flask

    if wrap(flask.Flask, "__call__", traced_wsgi_call):
        flask.request_started.connect(_note_rule)
        flask.got_request_exception.connect(_note_exception)


def traced_wsgi_call(original: Callable[..., Any]) -> Callable[..., Any]:
    """A WSGI application's `__call__`, traced."""

    def __call__(self: Any, environ: Any, start_response: Any) -> Any:
        return trace_wsgi(original.__get__(self), environ, start_response)

    return __call__


def _current() -> ServerRequest | None:
    import flask

    request = flask.request.environ.get(KEY) if flask.has_request_context() else None
    return request if isinstance(request, ServerRequest) else None


def _note_rule(_sender: Any, **_extra: Any) -> None:
    import flask

    request, rule = _current(), flask.request.url_rule
    if request is not None and rule is not None:
        request.route = flask.request.environ.get("SCRIPT_NAME", "") + rule.rule


def _note_exception(_sender: Any, exception: BaseException | None = None, **_extra: Any) -> None:
    request = _current()
    if request is not None:
        request.error = exception
