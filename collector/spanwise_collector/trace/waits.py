"""Time that a span waited for its own process: a pool, a lock, a thread, the event loop, the garbage collection.

The tracer records such waits as events: `spanwise.wait` with what was waited for and how long, ending at its time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from spanwise_collector.model.span import Span

EVENT: Final = "spanwise.wait"
FOR: Final = "spanwise.wait.for"
DURATION: Final = "spanwise.wait.duration"


@dataclass(frozen=True, slots=True, order=True)
class Wait:
    """From `start` to `end` (ns since the epoch) it waited for `what`."""

    start: int
    end: int
    what: str

    @property
    def duration(self) -> int:
        """In nanoseconds."""
        return self.end - self.start


def waits_of(span: Span) -> Iterator[Wait]:
    """The waits that a span tells of, in the order of its events."""
    for event in span.events:
        if event.name == EVENT:
            waited = event.attributes.get(DURATION)
            # Neither what is no number nor more than 64 bits hold, such as infinity.
            if isinstance(waited, int | float) and not isinstance(waited, bool) and 1 <= waited < 1 << 64:
                yield Wait(event.time - int(waited), event.time, str(event.attributes.get(FOR, "something")))
