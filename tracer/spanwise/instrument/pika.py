"""pika: OpenTelemetry's instrumentation traces a blocking channel and the plain one inside it; one is enough."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from spanwise.instrument.patching import wrap


def instrument() -> None:
    """Make one span of a message that is sent. The spans are OpenTelemetry's instrumentation's (ADR-0012)."""
    wrap(import_module("pika.adapters.blocking_connection").BlockingConnection, "channel", _once)


def _once(original: Callable[..., Any]) -> Callable[..., Any]:
    def channel(self: Any, *args: Any, **options: Any) -> Any:
        made = original(self, *args, **options)
        # What was set on the instance hides the class's own function.
        vars(made._impl).pop("basic_publish", None)
        return made

    return channel
