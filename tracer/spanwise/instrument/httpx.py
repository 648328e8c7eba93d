"""httpx, and httpx2 which is its successor: a client span for each request on the wire, sync and async."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from spanwise.client import begin_call
from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Trace all clients of whichever is imported, those that exist already included."""
    for module in filter(None, map(sys.modules.get, ("httpx", "httpx2"))):
        wrap(module.Client, "_send_single_request", _traced)
        wrap(module.AsyncClient, "_send_single_request", _traced_async)


def _traced(original: Callable[..., Any]) -> Callable[..., Any]:
    def _send_single_request(self: Any, request: Any) -> Any:
        call = begin_call(request.method, str(request.url))
        if call is None:
            return original(self, request)
        with call:
            call.write(request.headers)
            response = original(self, request)
            call.answered(response.status_code)
            return response

    return _send_single_request


def _traced_async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def _send_single_request(self: Any, request: Any) -> Any:
        call = begin_call(request.method, str(request.url))
        if call is None:
            return await original(self, request)
        with call:
            call.write(request.headers)
            response = await original(self, request)
            call.answered(response.status_code)
            return response

    return _send_single_request
