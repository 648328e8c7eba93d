"""The web view: files built from `ui/`, and the headers that keep it from being turned against its reader."""

import re
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanwise_collector.errors import NotFound, excerpt

STATIC: Final = Path(__file__).parent.parent / "static"
_HASHED: Final = "public, max-age=31536000, immutable"
_MISSING: Final = (
    "The collector runs, but this installation has no web view: it was installed from source without building it.\n"
    "Run `make ui` in the repository, or install the released package. The API is described at /openapi.json.\n"
)
# Pages that need no script lie below the API, where a key is asked for; in the view they are known by these addresses.
_TWINS: Final = (
    (re.compile(r"t/([0-9a-fA-F]+\.(?:html|txt))"), "../api/v1/traces/"),
    (re.compile(r"errors/([0-9a-fA-F]+\.html)"), "../api/v1/errors/"),
    (re.compile(r"(logs\.html)"), "api/v1/"),
)
_TWINS_KEYS: Final = {"q": "q", "from": "start", "to": "end"}
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none';"
        " base-uri 'self'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class _Page(APIRoute):
    """The route of pages, which are only read: any other method on such a path asks for what is not there."""

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        match, found = super().matches(scope)
        return (match, found) if match is Match.FULL else (Match.NONE, {})


def router(refused: Callable[[str], object], folder: Path = STATIC) -> APIRouter:
    """Every path that is nothing else: a file of the web view, or its page, which reads the path itself.

    `refused` is told the reason where a path of the API is none.
    """
    made = APIRouter(route_class=_Page)

    @made.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        if f"{path}/".startswith(("api/", "v1/")):
            refused(NotFound.reason)
            raise NotFound(f"Nothing is served at /{excerpt(path)}. See /openapi.json for what is.")
        file = _file(folder, path)
        if file is not None:
            return FileResponse(file, headers={"Cache-Control": _HASHED if path.startswith("assets/") else "no-cache"})
        if path.startswith("assets/"):
            raise NotFound(f"/{excerpt(path)} is not part of this version of the web view. Reload the page.")
        twin = _twin(path, request)
        if twin is not None:
            return RedirectResponse(twin)
        index = _file(folder, "index.html")
        if index is None:
            return PlainTextResponse(_MISSING)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    return made


def _twin(path: str, request: Request) -> str | None:
    """Where the page without a script is, from that path on, so that a prefix stays."""
    for pattern, folder in _TWINS:
        if found := pattern.fullmatch(path):
            given = request.query_params
            # A trace is shown whole, whatever of it the view shows.
            kept = (
                {}
                if path.startswith("t/")
                else {key: given[name] for name, key in _TWINS_KEYS.items() if name in given}
            )
            asked = {key: text for key, text in kept.items() if text not in ("", "all")}
            return folder + found[1] + (f"?{urlencode(asked)}" if asked else "")
    return None


def _file(folder: Path, path: str) -> Path | None:
    try:
        file = (folder / path).resolve()
        return file if file.is_file() and file.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):
        # A name that is too long for a file, or holds a NUL.
        return None


class SecurityHeaders:
    """Adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # A page may set a stricter policy of its own.
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
