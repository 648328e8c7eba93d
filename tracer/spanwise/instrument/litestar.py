"""Litestar: every application is traced; it leaves the route in the scope by itself."""

from __future__ import annotations

from spanwise.instrument.patching import wrap
from spanwise.instrument.starlette import traced_call


def instrument() -> None:
    """Trace all Litestar applications, made before or after."""
    from litestar import app

    wrap(app.Litestar, "__call__", traced_call)
