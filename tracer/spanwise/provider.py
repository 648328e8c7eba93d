"""The global tracer provider: ours, until the application sets one of its own."""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.trace import TracerProvider

from spanwise.guard import swallowed


def give_way(ours: TracerProvider, adopt: Callable[[TracerProvider], None]) -> None:
    """Let the first provider that the application sets take the place of ours; `adopt` is called with it.

    OpenTelemetry takes one provider only, and under `spanwise run` ours is there before the application's code is.
    """
    original = trace._set_tracer_provider

    def _set_tracer_provider(tracer_provider: TracerProvider, log: bool) -> None:
        if trace._TRACER_PROVIDER is not ours or tracer_provider is ours:
            original(tracer_provider, log)
            return
        trace._TRACER_PROVIDER = tracer_provider
        try:
            adopt(tracer_provider)
        except Exception:
            swallowed("joining the application's provider")

    trace._set_tracer_provider = _set_tracer_provider
