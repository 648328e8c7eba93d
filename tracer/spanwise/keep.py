"""Keeping what turned out to matter: failed and slow requests of this process, though their trace was not sampled.

Their spans are recorded and held back until the local root ends; then all of them are exported, or none. Other
services of the trace decided at its begin and are not affected.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

# A root that runs for hours must not hold the whole of its work in memory.
MAX_HELD = 1000


@dataclass(frozen=True, slots=True)
class Keep:
    """Which unsampled work is kept; a duration in seconds."""

    errors: bool
    slower_than: float | None

    def wants(self, root: ReadableSpan, held: list[ReadableSpan]) -> bool:
        """Whether the work below a local root that has ended is to be exported."""
        if self.errors and any(span.status.status_code is StatusCode.ERROR for span in held):
            return True
        lasted = (root.end_time or 0) - (root.start_time or 0)
        return self.slower_than is not None and lasted >= self.slower_than * 1e9


@dataclass(slots=True)
class Held:
    """The ended spans below one local root, until it is decided about them."""

    keep: Keep
    root_id: int
    spans: list[ReadableSpan] = field(default_factory=list)
    wanted: bool | None = None

    def released(self, span: ReadableSpan) -> list[ReadableSpan]:
        """The spans that may be exported now that this one has ended."""
        if self.wanted is not None:
            return [span] if self.wanted else []
        if len(self.spans) < MAX_HELD:
            self.spans.append(span)
        if span.context is None or span.context.span_id != self.root_id:
            return []
        self.wanted = self.keep.wants(span, [*self.spans, span])
        released, self.spans = self.spans, []
        return released if self.wanted else []
