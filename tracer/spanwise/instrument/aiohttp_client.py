"""aiohttp's client: a client span for each request on the wire, redirects one by one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from spanwise.client import begin_call
from spanwise.guard import swallowed
from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Trace all sessions that are made from now on."""
    import aiohttp

    wrap(aiohttp.ClientSession, "__init__", _tracing_init)


def _tracing_init(original: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **options: Any) -> None:
        options["trace_configs"] = [*(options.get("trace_configs") or ()), _config()]
        original(self, *args, **options)

    return __init__


def _config() -> Any:
    import aiohttp

    config = aiohttp.TraceConfig()
    config.on_request_start.append(_started)
    config.on_request_redirect.append(_redirected)
    config.on_request_end.append(_ended)
    config.on_request_exception.append(_failed)
    return config


async def _started(_session: Any, context: SimpleNamespace, params: Any) -> None:
    _begin(context, params.method, params.url, params.headers)


async def _redirected(_session: Any, context: SimpleNamespace, params: Any) -> None:
    _end(context, params.response.status)
    try:
        target = params.response.headers.get("Location") or params.response.headers.get("URI")
        if target is not None:
            # The same headers go to the next address.
            _begin(context, params.method, params.url.join(type(params.url)(target)), params.headers)
    except ValueError:
        pass  # aiohttp itself is about to say that there is no such address
    except Exception:
        swallowed("following a redirect")


async def _ended(_session: Any, context: SimpleNamespace, params: Any) -> None:
    _end(context, params.response.status)


async def _failed(_session: Any, context: SimpleNamespace, params: Any) -> None:
    call = getattr(context, "call", None)
    if call is not None:
        call.end(params.exception)


def _begin(context: SimpleNamespace, method: str, url: Any, headers: Any) -> None:
    context.call = begin_call(method, str(url))
    if context.call is not None:
        context.call.write(headers)


def _end(context: SimpleNamespace, status: int) -> None:
    call = getattr(context, "call", None)
    if call is not None:
        call.answered(status)
        call.end()
