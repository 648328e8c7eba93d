"""What `init` set up in this process, in one place; everything is None or off before that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Link, Span, SpanKind

    from spanwise.export.records import Record
    from spanwise.propagation.propagator import Propagator
    from spanwise.settings import Settings
    from spanwise.trust import Recipients, Trust


class SpanStarter(Protocol):
    """What makes spans: the SDK's tracer, or the lean one."""

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = ...,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] = (),
    ) -> Span:
        """Start a span; without a context it is a child of the current one."""


class Outlet(Protocol):
    """Where ended spans and log records go: the exporter, or the memory of a test."""

    def put_span(self, span: ReadableSpan) -> None:
        """Take an ended span; never blocks, never raises."""

    def put_record(self, record: Record) -> None:
        """Take a log record; never blocks, never raises."""

    def flush(self, timeout: float, /) -> bool:
        """Deliver what was taken; True when that succeeded within the timeout in seconds."""

    def leave(self) -> bool:
        """`flush` where the process may be about to end, within what all such waits may take together."""

    def shutdown(self, timeout: float | None = None, /) -> None:
        """Deliver what was taken as far as the timeout allows, and stop."""

    def counters(self) -> dict[str, dict[str, int]]:
        """What became of every span and log record."""


@dataclass(slots=True)
class Active:
    """The parts of a tracer that was set up."""

    settings: Settings
    propagator: Propagator
    exporter: Outlet
    tracer: SpanStarter
    trust: Trust
    recipients: Recipients


active: Active | None = None
