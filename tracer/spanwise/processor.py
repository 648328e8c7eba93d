"""The SDK's side of the export queue: every ended, sampled span goes into it."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from spanwise.guard import swallowed
from spanwise.state import Outlet


class QueueProcessor(SpanProcessor):
    """Hands sampled spans to the exporter; never raises and never blocks."""

    def __init__(self, exporter: Outlet) -> None:
        self._exporter = exporter

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing is to be done at the start of a span."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span."""
        try:
            context = span.context
            if context is None:
                return
            if context.trace_flags.sampled:
                self._exporter.put_span(span)
            elif (held := getattr(span, "held", None)) is not None:
                for released in held.released(span):
                    self._exporter.put_span(released)
        except Exception:
            swallowed("queueing a span")

    def force_flush(self, timeout_millis: int = 2000) -> bool:
        """Send what is queued; True when everything was taken in time."""
        return self._exporter.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Left to `spanwise.shutdown`, which knows how long the process may take to exit."""
        self._exporter.flush(2.0)
