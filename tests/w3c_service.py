"""The service that the W3C trace-context test suite drives: `python -m tests.w3c_service --kind asgi|wsgi --port N`.

`POST /test` takes a list of `{"url": …, "arguments": […]}` and posts each one's arguments to its address, in
order, inside the trace of the request. Spans go nowhere: only the headers matter here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import spanwise
from spanwise.asgi import Message, Receive, Scope, Send
from spanwise.wsgi import Environ, StartResponse


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """The service as a plain ASGI application."""
    body = b""
    more = True
    while more:
        message: Message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    async with httpx.AsyncClient(timeout=10) as client:
        for call in calls(body):
            await client.post(call["url"], json=call["arguments"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The service as a plain WSGI application."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    with httpx.Client(timeout=10) as client:
        for call in calls(body):
            client.post(call["url"], json=call["arguments"])
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


def calls(body: bytes) -> list[dict[str, Any]]:
    """The calls that a request asks for."""
    found = json.loads(body or b"[]")
    return found if isinstance(found, list) else []


class QuietHandler(WSGIRequestHandler):
    """Joins repeated headers, as RFC 9110 allows and production servers do: wsgiref alone would do so too."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("asgi", "wsgi"), default="asgi")
    parser.add_argument("--port", type=int, default=5000)
    options = parser.parse_args()
    spanwise.init("w3c-service", logs=False, without=("uvicorn",))
    if options.kind == "wsgi":
        with make_server("127.0.0.1", options.port, spanwise.WSGIMiddleware(wsgi), WSGIServer, QuietHandler) as server:
            server.serve_forever()
    else:
        import uvicorn

        uvicorn.run(spanwise.ASGIMiddleware(asgi), port=options.port, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
