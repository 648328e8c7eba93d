"""urllib3: a client span for each request on the wire, retries and redirects one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spanwise.client import begin_call
from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Trace all pools, those that exist already included. What requests sends is a span of requests alone."""
    from urllib3 import connectionpool

    wrap(connectionpool.HTTPConnectionPool, "_make_request", _traced)


def _traced(original: Callable[..., Any]) -> Callable[..., Any]:
    def _make_request(self: Any, conn: Any, method: str, url: str, *args: Any, **options: Any) -> Any:
        # Through a proxy the whole address is asked for.
        address = url if "://" in url else f"{self.scheme}://{_in_address(self.host)}:{self.port}{url}"
        call = begin_call(method, address)
        if call is None:
            return original(self, conn, method, url, *args, **options)
        with call:
            if not args:  # every caller in urllib3 names them
                headers = dict(options.get("headers") or {})
                call.write(headers)
                options["headers"] = headers
            response = original(self, conn, method, url, *args, **options)
            call.answered(response.status)
            return response

    return _make_request


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
