"""anyio: how long functions wait for a worker thread, as those of FastAPI's and Starlette's sync endpoints do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry.trace import get_current_span

from spanwise.instrument.patching import wrap
from spanwise.waits import note_wait, now


def instrument() -> None:
    """Note the waits of all calls of `anyio.to_thread.run_sync`."""
    from anyio import to_thread

    wrap(to_thread, "run_sync", _timed)


def _timed(original: Callable[..., Any]) -> Callable[..., Any]:
    async def run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        span = get_current_span()
        if not span.is_recording():
            return await original(func, *args, **options)
        asked = now()

        def started(*inner: Any) -> Any:
            note_wait("thread", now() - asked, span)
            return func(*inner)

        return await original(started, *args, **options)

    return run_sync
