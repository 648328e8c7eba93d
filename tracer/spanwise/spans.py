"""Spans by hand: `with spanwise.span(...)`, events, links, and context that is carried along."""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from opentelemetry import trace as trace_api
from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import Span, set_span_in_context

from spanwise import state
from spanwise.errors import record_on
from spanwise.guard import swallowed
from spanwise.propagation.w3c import parse_traceparent
from spanwise.values import frozen_attributes

P = ParamSpec("P")
R = TypeVar("R")


# Without `init` spans go to whatever provider the application has set up, if any.
_without_init = trace_api.get_tracer("spanwise")


def _tracer() -> Any:
    return _without_init if state.active is None else state.active.tracer


class span:
    """A span for the `with` block; before `init` it costs next to nothing and does nothing.

    Attributes may have any name and value. An exception that leaves the block is recorded and goes on.
    """

    __slots__ = ("_attributes", "_context", "_name", "_previous", "otel")

    def __init__(self, name: str, /, **attributes: Any) -> None:
        self._name = name
        self._attributes = attributes
        self._context: Context | None = None
        self._previous: Context | None = None
        self.otel: Span = trace_api.INVALID_SPAN

    def __enter__(self) -> span:
        try:
            previous = get_current()
            self.otel = _tracer().start_span(self._name, attributes=self._attributes)
            self._previous = previous
            self._context = set_span_in_context(self.otel, previous)
            attach(self._context)
        except Exception:
            swallowed("starting a span")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            # Another context, such as that of the task that closes a generator, is left alone.
            if self._previous is not None and get_current() is self._context:
                attach(self._previous)
            if error is not None and not isinstance(error, GeneratorExit):
                self.fail(error)
            self.otel.end()
        except Exception:
            swallowed("ending a span")

    def set(self, /, **attributes: Any) -> span:
        """Set attributes; returns the span itself."""
        try:
            self.otel.set_attributes(frozen_attributes(attributes))
        except Exception:
            swallowed("setting attributes")
        return self

    def fail(self, error: BaseException) -> span:
        """Record an exception and mark the span as failed, also where the exception is handled."""
        try:
            if self.otel.is_recording():
                record_on(self.otel, error)
        except Exception:
            swallowed("recording an exception")
        return self


def event(name: str, /, **attributes: Any) -> None:
    """Add an event to the current span; nothing where there is none."""
    try:
        trace_api.get_current_span().add_event(name, attributes)
    except Exception:
        swallowed("adding an event")


def link(to: str | span, /, **attributes: Any) -> None:
    """Link the current span to another one: a span of this process, or the `traceparent` of any other."""
    try:
        context = _linked(to)
        if context is not None:
            trace_api.get_current_span().add_link(context, attributes)
    except Exception:
        swallowed("adding a link")


def _linked(to: str | span) -> trace_api.SpanContext | None:
    if isinstance(to, span):
        return to.otel.get_span_context()
    parent = parse_traceparent([to])
    if parent is None:
        return None
    flags = trace_api.TraceFlags(parent.flags)
    return trace_api.SpanContext(parent.trace_id, parent.span_id, True, flags)


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """The function, to be called in the context of here and now wherever it runs: in a thread, an executor, later."""
    context = contextvars.copy_context()

    @functools.wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        # A context can be entered once at a time; each call gets a copy, as they may run side by side.
        return context.copy().run(function, *args, **kwargs)

    return carried
