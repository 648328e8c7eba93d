"""uvicorn: what is queued is flushed when a server stops, because it may end by the signal it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Flush at the shutdown of every server."""
    from uvicorn.server import Server

    wrap(Server, "shutdown", _flushing)


def _flushing(original: Callable[..., Any]) -> Callable[..., Any]:
    async def shutdown(self: Any, *args: Any, **kwargs: Any) -> None:
        await original(self, *args, **kwargs)
        from spanwise.setup import leave

        await asyncio.to_thread(leave)

    return shutdown
