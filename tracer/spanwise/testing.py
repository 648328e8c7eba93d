"""For tests of traced code: ids that count, a clock that ticks, and everything that was recorded.

    with spanwise.testing.capture() as seen:
        client.get("/orders/7")
    assert seen.one(name="GET /orders/{id}").status == "unset"

Nothing leaves the process, and nothing stays set up after the block.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

from spanwise import state
from spanwise.export.records import Record
from spanwise.lean import tracer_of
from spanwise.logs import install
from spanwise.propagation.propagator import Propagator
from spanwise.sampling import from_settings
from spanwise.settings import resolve
from spanwise.trust import Recipients, Trust

SECOND = 1_000_000_000


@dataclass(frozen=True)
class CapturedSpan:
    """One ended span; ids are hexadecimal, times nanoseconds of the ticking clock."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str | None
    status: str
    attributes: Mapping[str, Any]
    events: list[tuple[str, Mapping[str, Any]]]
    links: list[tuple[str, str]]
    start_ns: int
    end_ns: int


@dataclass
class Capture:
    """What was recorded, in the order in which spans ended and records were logged."""

    spans: list[CapturedSpan] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def named(self, name: str) -> list[CapturedSpan]:
        """The spans of a name."""
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> CapturedSpan:
        """The only span of a name; an AssertionError names what there is instead."""
        found = self.named(name)
        if len(found) != 1:
            names = ", ".join(repr(span.name) for span in self.spans) or "none"
            raise AssertionError(f"{len(found)} spans are named {name!r}; spans: {names}")
        return found[0]

    @property
    def queries(self) -> list[str]:
        """The text of every database statement, in order."""
        return [span.attributes["db.query.text"] for span in self.spans if "db.query.text" in span.attributes]

    def assert_queries(self, at_most: int) -> None:
        """Fail when more statements than this went to databases; the failure shows them, counted."""
        if len(self.queries) > at_most:
            counted = Counter(self.queries).most_common()
            listed = "\n".join(f"  {count} x {text}" for text, count in counted)
            raise AssertionError(f"{len(self.queries)} statements, at most {at_most} expected:\n{listed}")

    def put_span(self, span: ReadableSpan) -> None:
        """Take an ended span; the tracer calls this."""
        self.spans.append(_captured(span))

    def put_record(self, record: Record) -> None:
        """Take a log record; the tracer calls this."""
        self.records.append(record)

    def flush(self, _timeout: float) -> bool:
        """Everything is here already."""
        return True

    def leave(self) -> bool:
        """Everything is here already."""
        return True

    def shutdown(self, _timeout: float | None = None) -> None:
        """There is nothing to stop."""

    def counters(self) -> dict[str, dict[str, int]]:
        """Counts as the exporter gives them."""
        return {"spans": {"created": len(self.spans)}, "logs": {"created": len(self.records)}}


class CountingIds(IdGenerator):
    """Trace ids 1, 2, 3 and span ids 1, 2, 3."""

    def __init__(self) -> None:
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def generate_trace_id(self) -> int:
        """The next trace id."""
        return next(self._traces)

    def generate_span_id(self) -> int:
        """The next span id."""
        return next(self._spans)


class TickingClock(SpanProcessor):
    """Every start and every end of a span is one second after the one before."""

    def __init__(self) -> None:
        self._ticks = itertools.count(1)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Set the start time."""
        span._start_time = next(self._ticks) * SECOND

    def _on_ending(self, span: Span) -> None:
        span._end_time = next(self._ticks) * SECOND

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing is left to be done."""


@contextmanager
def capture(service: str = "test", **settings: Any) -> Iterator[Capture]:
    """Record everything inside the block with settings as `init` takes them; calls nest, the inner one wins."""
    from spanwise.instrument.registry import instrument_all
    from spanwise.processor import QueueProcessor

    resolved = resolve(service, **settings)
    seen = Capture()
    provider = TracerProvider(
        sampler=from_settings(resolved, resolved.service or "test"),
        resource=Resource({"service.name": service}),
        id_generator=CountingIds(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(TickingClock())
    provider.add_span_processor(QueueProcessor(seen))
    install()
    instrument_all(resolved.without, contrib=False)
    before = state.active
    propagator = Propagator(resolved.accept, resolved.send)
    state.active = state.Active(
        settings=resolved,
        propagator=propagator,
        exporter=seen,
        tracer=tracer_of(provider, "", resolved, own=True),
        trust=Trust(resolved.trust),
        recipients=Recipients(resolved.propagate_to),
    )
    try:
        yield seen
    finally:
        state.active = before


def _captured(span: ReadableSpan) -> CapturedSpan:
    assert span.context is not None, "the SDK gives every span a context"
    return CapturedSpan(
        name=span.name,
        kind=span.kind.name.lower(),
        trace_id=f"{span.context.trace_id:032x}",
        span_id=f"{span.context.span_id:016x}",
        parent_id=f"{span.parent.span_id:016x}" if span.parent else None,
        status=span.status.status_code.name.lower(),
        attributes=dict(span.attributes or {}),
        events=[(event.name, dict(event.attributes or {})) for event in span.events],
        links=[(f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}") for link in span.links],
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
    )
