"""requests: a client span for each request on the wire, redirects one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spanwise.client import begin_call
from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Trace all sessions, those that exist already included."""
    from requests import adapters

    wrap(adapters.HTTPAdapter, "send", _traced)


def _traced(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = begin_call(request.method or "GET", request.url or "")
        if call is None:
            return original(self, request, *args, **kwargs)
        with call:
            call.write(request.headers)
            response = original(self, request, *args, **kwargs)
            call.answered(response.status_code)
            return response

    return send
