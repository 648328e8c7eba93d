"""urllib.request: a client span for each request on the wire, redirects one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spanwise.client import begin_call
from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Trace all openers, those that exist already included."""
    from urllib import request

    wrap(request.AbstractHTTPHandler, "do_open", _traced)


def _traced(original: Callable[..., Any]) -> Callable[..., Any]:
    def do_open(self: Any, http_class: Any, req: Any, **options: Any) -> Any:
        call = begin_call(req.get_method(), req.full_url)
        if call is None:
            return original(self, http_class, req, **options)
        with call:
            # Not copied by redirects, which may lead to hosts that are told nothing.
            headers = dict(call.headers)
            for name, value in headers.items():
                req.add_unredirected_header(name.capitalize(), value)
            response = original(self, http_class, req, **options)
            call.answered(response.status)
            return response

    return do_open
