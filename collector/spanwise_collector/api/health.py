"""Whether the process lives, and whether it can do its work."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import JSONResponse


def router(trouble: Callable[[], str | None]) -> APIRouter:
    """`trouble` says in a sentence why the collector cannot do its work, or None; it may be called often."""
    made = APIRouter(tags=["collector"])

    @made.get("/healthz")
    def healthz() -> dict[str, str]:
        """200 while the process answers."""
        return {"status": "ok"}

    @made.get("/readyz")
    def readyz() -> JSONResponse:
        """200 when telemetry is taken and questions are answered, else 503 with the reason."""
        reason = trouble()
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, 503)

    return made
