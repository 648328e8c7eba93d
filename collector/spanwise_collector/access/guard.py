"""The gate before an ASGI app: what is refused never reaches a route."""

from collections.abc import Callable, Mapping

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from spanwise_collector.access.doors import Door, Tongue
from spanwise_collector.access.gate import Gate
from spanwise_collector.errors import Refused, Unauthenticated

Answer = Callable[[HTTPConnection, Refused], Response]
_CHALLENGE = 'Bearer realm="spanwise"'


class Guard:
    """Asks the gate about every request, and says its refusals in the tongue of the door.

    `count` is told of each refusal, for the collector's own figures.
    """

    def __init__(
        self,
        app: ASGIApp,
        gate: Gate,
        answers: Mapping[Tongue, Answer],
        count: Callable[[str, Door, Refused], None],
    ) -> None:
        self._app = app
        self._gate = gate
        self._answers = answers
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            self._gate.admit(connection)
        except Refused as refusal:
            await self._refuse(connection, refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refuse(self, connection: HTTPConnection, refusal: Refused) -> ASGIApp:
        door = self._gate.door(connection)
        self._count(connection.scope["path"], door, refusal)
        if connection.scope["type"] == "websocket":
            return _close
        response = self._answers[door.tongue](connection, refusal)
        if isinstance(refusal, Unauthenticated):
            response.headers["WWW-Authenticate"] = _CHALLENGE
        return response


async def _close(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 1008, "reason": ""})
