"""Every request of the API as an errand: what it may cost in all, and its end when its client has left."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanwise_collector.errors import Refused
from spanwise_collector.store.errand import Allowance, Errand, current

_log = logging.getLogger(__name__)
# A query that was about to begin is not there yet to be stopped: it is looked for again.
_AGAIN_SECONDS: Final = 0.1
# It goes on for as long as its client stays, and what it looks up is shared by all who ask the same.
_ENDLESS: Final = "/api/v1/tail"
_LONG: Final = "/api/v1/export"


class Errands:
    """Gives each request below /api/v1 its allowance, and has `stop` end the queries of one whose client left."""

    def __init__(self, app: ASGIApp, stop: Callable[[str], None], allowance: Allowance, exporting: Allowance) -> None:
        self._app = app
        self._stop = stop
        self._allowance = allowance
        self._exporting = exporting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith("/api/v1/") or path == _ENDLESS:
            await self._app(scope, receive, send)
            return
        errand = Errand(self._exporting if path == _LONG else self._allowance)
        # One message ahead of the app, so that a body is still read as fast as the app takes it.
        heard: asyncio.Queue[Message] = asyncio.Queue(maxsize=1)
        listening = asyncio.create_task(self._listen(receive, heard, errand))
        token = current.set(errand)
        try:
            await self._app(scope, heard.get, send)
        finally:
            current.reset(token)
            listening.cancel()

    async def _listen(self, receive: Receive, heard: asyncio.Queue[Message], errand: Errand) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            await heard.put(message)
        errand.left.set()
        telling = asyncio.create_task(heard.put(message))
        try:
            while True:
                if errand.running:
                    await asyncio.to_thread(self._end, errand)
                await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            telling.cancel()

    def _end(self, errand: Errand) -> None:
        try:
            self._stop(errand.mark)
        except Refused as error:
            _log.warning("The queries of a client that left could not be stopped: %.300s", error)
