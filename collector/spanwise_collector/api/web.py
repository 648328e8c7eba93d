"""The web view: files built from `ui/`, and the headers that keep it from being turned against its reader."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanwise_collector.errors import NotFound, excerpt

STATIC: Final = Path(__file__).parent.parent / "static"
_HASHED: Final = "public, max-age=31536000, immutable"
_MISSING: Final = (
    "The collector runs, but this installation has no web view: it was installed from source without building it.\n"
    "Run `make ui` in the repository, or install the released package. The API is described at /openapi.json.\n"
)
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none';"
        " base-uri 'self'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def router(folder: Path = STATIC) -> APIRouter:
    """Every path that is nothing else: a file of the web view, or its page, which reads the path itself."""
    made = APIRouter()

    @made.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(path: str) -> Response:
        if f"{path}/".startswith(("api/", "v1/")):
            raise NotFound(f"Nothing is served at /{excerpt(path)}. See /openapi.json for what is.")
        file = _file(folder, path)
        if file is not None:
            return FileResponse(file, headers={"Cache-Control": _HASHED if path.startswith("assets/") else "no-cache"})
        if path.startswith("assets/"):
            raise NotFound(f"/{excerpt(path)} is not part of this version of the web view. Reload the page.")
        index = _file(folder, "index.html")
        if index is None:
            return PlainTextResponse(_MISSING)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    return made


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
