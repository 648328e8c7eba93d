"""Quart: every application is traced, server spans are named by URL rule, exceptions are recorded."""

from __future__ import annotations

from typing import Any

from spanwise.instrument.patching import wrap
from spanwise.instrument.starlette import traced_call
from spanwise.request import KEY, ServerRequest


def instrument() -> None:
    """Trace all Quart applications, made before or after."""
    import quart

    if wrap(quart.Quart, "__call__", traced_call):
        quart.request_started.connect(_note_rule)
        quart.got_request_exception.connect(_note_exception)


def _current() -> ServerRequest | None:
    import quart

    scope: Any = quart.request.scope if quart.has_request_context() else {}
    request = scope.get(KEY)
    return request if isinstance(request, ServerRequest) else None


async def _note_rule(_sender: Any, **_extra: Any) -> None:
    import quart

    request, rule = _current(), quart.request.url_rule
    if request is not None and rule is not None:
        request.route = rule.rule


async def _note_exception(_sender: Any, exception: BaseException | None = None, **_extra: Any) -> None:
    request = _current()
    if request is not None:
        request.error = exception
