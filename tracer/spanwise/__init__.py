"""Add distributed tracing to a Python web service.

PYTEST_DONT_REWRITE: pytest warns of a plugin's package that was imported before it, as it is under `spanwise run`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spanwise.asgi import ASGIMiddleware
    from spanwise.decorator import trace
    from spanwise.settings import SettingsError
    from spanwise.setup import flush, init, shutdown
    from spanwise.spans import carry, event, link, span
    from spanwise.wsgi import WSGIMiddleware

__all__ = [
    "ASGIMiddleware",
    "SettingsError",
    "WSGIMiddleware",
    "carry",
    "event",
    "flush",
    "init",
    "link",
    "shutdown",
    "span",
    "trace",
]

__version__ = "0.1.0"

# Loaded on first use: a command line or a library that never traces pays for nothing.
_HOMES = {
    "ASGIMiddleware": "spanwise.asgi",
    "SettingsError": "spanwise.settings",
    "WSGIMiddleware": "spanwise.wsgi",
    "carry": "spanwise.spans",
    "event": "spanwise.spans",
    "flush": "spanwise.setup",
    "init": "spanwise.setup",
    "link": "spanwise.spans",
    "shutdown": "spanwise.setup",
    "span": "spanwise.spans",
    "trace": "spanwise.decorator",
}


if not TYPE_CHECKING:  # type checkers read the imports above, and find names that do not exist

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'spanwise' has no attribute {name!r}")
        value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
