"""The outermost layer of each service: the health check and the network before it.

It stands outside the tracer's middleware, so a health check makes no span and the time that the network takes
passes before the service's span starts and after it ends, as it would on a slow line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from examples.shop.faults import Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HEALTH = "/healthz"


def asgi_edge(app: ASGIApp, faults: Faults) -> ASGIApp:
    """Put the edge around an ASGI app."""

    async def at_the_edge(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if scope["path"] == HEALTH:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
        delay = faults.delay_from(agent.partition("/")[0])
        if delay:
            await _over_a_slow_line(app, delay, scope, receive, send)
        else:
            await app(scope, receive, send)

    return at_the_edge


async def _over_a_slow_line(
    app: ASGIApp, delay: float, scope: MutableMapping[str, Any], receive: Receive, send: Send
) -> None:
    """Let the app finish before its answer sets out, else its span would last as long as the network."""
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await asyncio.sleep(delay)
    try:
        await app(scope, receive, keep)
    finally:
        await asyncio.sleep(delay)
        for message in answer:
            await send(message)


def wsgi_edge(app: WSGIApplication, faults: Faults) -> WSGIApplication:
    """Put the edge around a WSGI app."""

    def at_the_edge(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == HEALTH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"]
        delay = faults.delay_from(environ.get("HTTP_USER_AGENT", "").partition("/")[0])
        if not delay:
            return app(environ, start_response)
        time.sleep(delay)
        body = app(environ, start_response)
        answer = list(body)
        close = getattr(body, "close", None)
        if close is not None:
            close()
        time.sleep(delay)
        return answer

    return at_the_edge
