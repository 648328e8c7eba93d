"""What is instrumented by itself, by which module of ours, and under which name it is switched off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from spanwise.instrument.contrib import instrument_contrib
from spanwise.instrument.hooks import when_imported


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """A library: its name in settings, the module whose import triggers it, our module that does it."""

    name: str
    trigger: str
    home: str


OWN = (
    Instrumentation("starlette", "starlette.applications", "starlette"),
    Instrumentation("fastapi", "fastapi", "fastapi"),
    Instrumentation("flask", "flask", "flask"),
    Instrumentation("django", "django.core.handlers.base", "django"),
    Instrumentation("django", "django.core.handlers.wsgi", "django"),
    Instrumentation("django", "django.core.handlers.asgi", "django"),
    Instrumentation("litestar", "litestar", "litestar"),
    Instrumentation("quart", "quart", "quart"),
    Instrumentation("bottle", "bottle", "bottle"),
    Instrumentation("celery", "celery", "celery"),
    Instrumentation("pika", "pika", "pika"),
    Instrumentation("anyio", "anyio.to_thread", "anyio"),
    Instrumentation("uvicorn", "uvicorn.server", "uvicorn"),
    Instrumentation("httpx", "httpx", "httpx"),
    Instrumentation("httpx", "httpx2", "httpx"),
    Instrumentation("requests", "requests", "requests"),
    Instrumentation("urllib3", "urllib3", "urllib3"),
    Instrumentation("urllib", "urllib.request", "urllib"),
    Instrumentation("aiohttp-client", "aiohttp", "aiohttp_client"),
    Instrumentation("aiohttp-server", "aiohttp.web", "aiohttp_server"),
    Instrumentation("grpc", "opentelemetry.instrumentation.grpc", "grpc"),
    Instrumentation("pyramid", "pyramid.router", "pyramid"),
    Instrumentation("sqlalchemy", "sqlalchemy", "sqlalchemy"),
    Instrumentation("structlog", "structlog", "structlog"),
    Instrumentation("loguru", "loguru", "loguru"),
)

# What OpenTelemetry's instrumentations trace, and ours only puts right.
COMPLETED = frozenset({"celery", "pika"})


def instrument_all(without: frozenset[str], *, contrib: bool = True) -> None:
    """Instrument every known library when it is imported, except those named."""
    for library in OWN:
        if library.name not in without and library.trigger.partition(".")[0] not in without:
            when_imported(library.trigger, _hook(library.home))
    if contrib:
        instrument_contrib(without)


def _hook(home: str) -> Callable[[ModuleType], None]:
    def hook(_module: ModuleType) -> None:
        import_module(f"spanwise.instrument.{home}").instrument()

    return hook
