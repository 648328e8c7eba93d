"""The SDK's span and tracer without what costs most: the same objects to everyone else, at half the price.

A LeanSpan is a span of the SDK: processors, exporters and `get_current_span` take it as one. What it leaves out
is a lock and a validating copy for each attribute, and the copy of the whole span at its end; values are made
safe by `frozen` instead. Figures: `make bench-tracer`; reasons: ADR-0013.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from time import time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import Event, Span, Tracer, TracerProvider
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)
from opentelemetry.trace.propagation import _SPAN_KEY

from spanwise.guard import swallowed
from spanwise.keep import Held, Keep
from spanwise.values import frozen, frozen_attributes

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.trace import Span as AnySpan

    from spanwise.settings import Settings

MAX_ATTRIBUTES = 128
MAX_EVENTS = 128
MAX_LINKS = 128
_FLAGS = tuple(TraceFlags(value) for value in range(4))
_UNSET = Status(StatusCode.UNSET)
_NO_STATE = TraceState()


class LeanSpan(Span):
    """A span that was sampled. Its methods may be called from any thread, and none raises."""

    _record_exception = True
    _set_status_on_exception = True
    _record_end_metrics = None
    _instrumentation_info = None
    held: Held | None = None

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a span
        self,
        tracer: LeanTracer,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        attributes: dict[str, Any],
        links: Sequence[Link],
    ) -> None:
        self._name = name
        self._context = context
        self._parent = parent
        self._kind = kind
        self._attributes = self._fields = attributes
        self._links = self._linked = list(links)
        self._events: list[Event] = []
        self._dropped_attributes = 0
        self._dropped_events = 0
        self._status = _UNSET
        self._resource = tracer.provider.resource
        self._instrumentation_scope = tracer.scope
        self._span_processor = tracer.processor
        self._limits = tracer.limits
        self._lock = Lock()
        self._end_time = None
        self._start_time = time_ns()

    @property
    def dropped_attributes(self) -> int:
        """Attributes over the limit."""
        return self._dropped_attributes

    @property
    def dropped_events(self) -> int:
        """Events over the limit."""
        return self._dropped_events

    def set_attribute(self, key: str, value: Any) -> None:
        """Set one attribute; after the end nothing happens."""
        try:
            if self._end_time is not None or not key:
                return
            attributes = self._fields
            if len(attributes) >= MAX_ATTRIBUTES and key not in attributes:
                self._dropped_attributes += 1
                return
            attributes[key] = frozen(value)
        except Exception:
            swallowed("setting an attribute")

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set several attributes."""
        try:
            if self._end_time is None and len(self._fields) + len(attributes) <= MAX_ATTRIBUTES:
                self._fields.update(frozen_attributes(attributes))
                return
            for key, value in attributes.items():
                self.set_attribute(key, value)
        except Exception:
            swallowed("setting attributes")

    def add_event(self, name: str, attributes: Mapping[str, Any] | None = None, timestamp: int | None = None) -> None:
        """Add an event; over the limit and after the end it is not kept."""
        if self._end_time is not None:
            return
        if len(self._events) >= MAX_EVENTS:
            self._dropped_events += 1
            return
        try:
            self._events.append(Event(name, frozen_attributes(attributes or {}), _time(timestamp)))
        except Exception:
            swallowed("adding an event")

    def record_exception(
        self,
        exception: BaseException,
        attributes: Mapping[str, Any] | None = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Add the event of an exception."""
        try:
            super().record_exception(exception, attributes, timestamp, escaped)
        except Exception:
            swallowed("recording an exception")

    def add_link(self, context: SpanContext, attributes: Mapping[str, Any] | None = None) -> None:
        """Add a link to another span; over the limit and after the end it is not kept."""
        if self._end_time is not None or len(self._linked) >= MAX_LINKS or not isinstance(context, SpanContext):
            return
        try:
            self._linked.append(Link(context, frozen_attributes(attributes or {})))
        except Exception:
            swallowed("adding a link")

    def update_name(self, name: str) -> None:
        """Give the span another name."""
        if self._end_time is None:
            self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status; OK is final and UNSET changes nothing."""
        new = status if isinstance(status, Status) else Status(status, description)
        if self._end_time is not None or self._status.status_code is StatusCode.OK:
            return
        if new.status_code is not StatusCode.UNSET and isinstance(new.status_code, StatusCode):
            self._status = new

    def end(self, end_time: int | None = None) -> None:
        """End the span and hand it to the processors; a second call changes nothing."""
        with self._lock:
            if self._end_time is not None:
                return
            given = _time(end_time)
            self._end_time = time_ns() if given is None else given
        self._span_processor._on_ending(self)
        self._span_processor.on_end(self)


def _time(given: object) -> int | None:
    """A time in ns since the epoch, as OTLP can carry it; None for whatever else was given."""
    return given if type(given) is int and 0 <= given < 1 << 64 else None


class LeanTracer:
    """Starts LeanSpans of a provider that `init` made; of other providers their own tracer is used."""

    def __init__(self, provider: TracerProvider, base: Tracer, keep: Keep | None) -> None:
        self.provider = provider
        self._keep = keep
        self.processor = provider._active_span_processor
        self.scope = base._instrumentation_scope
        self.limits = base._span_limits
        self._sampler: Sampler = provider.sampler
        self._ids = provider.id_generator
        self._random = _FLAGS[TraceFlags.RANDOM_TRACE_ID if provider.id_generator.is_trace_id_random() else 0]

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] = (),
    ) -> AnySpan:
        """Start a span, or one that records nothing when its trace is not kept."""
        context = get_current() if context is None else context
        current = context.get(_SPAN_KEY, INVALID_SPAN)
        found: SpanContext = current.get_span_context()  # type: ignore[attr-defined]
        parent = found if found.is_valid else None
        given = frozen_attributes(attributes) if attributes else {}
        if parent is not None and not parent.is_remote:
            trace_id, state = parent.trace_id, parent.trace_state
            flags = parent.trace_flags & 3
        else:
            trace_id = parent.trace_id if parent is not None else self._ids.generate_trace_id()
            flags, state, given = self._decide(context, parent, trace_id, name, kind, given)
        span_context = SpanContext(trace_id, self._ids.generate_span_id(), False, _FLAGS[flags], state)
        held = None
        if not flags & TraceFlags.SAMPLED:
            held = self._held(current, parent, span_context)
            if held is None:
                return NonRecordingSpan(span_context)
        span = LeanSpan(self, name, span_context, parent, kind, given, links)
        span.held = held
        self.processor.on_start(span, parent_context=context)
        return span

    def _held(self, current: object, parent: SpanContext | None, own: SpanContext) -> Held | None:
        """Where an unsampled span waits for its local root's end, if such work may be kept at all."""
        if self._keep is None:
            return None
        if parent is None or parent.is_remote:
            return Held(self._keep, own.span_id)
        return current.held if isinstance(current, LeanSpan) else None

    def _decide(
        self,
        context: Context,
        parent: SpanContext | None,
        trace_id: int,
        name: str,
        kind: SpanKind,
        attributes: dict[str, Any],
    ) -> tuple[int, TraceState, dict[str, Any]]:
        random = self._random if parent is None else parent.trace_flags & TraceFlags.RANDOM_TRACE_ID
        result = self._sampler.should_sample(context, trace_id, name, kind, attributes, ())
        # A decision is 0 to drop, 1 to record and 2 to record and sample.
        sampled = TraceFlags.SAMPLED if result.decision.value == 2 else TraceFlags.DEFAULT
        return sampled | random, result.trace_state or _NO_STATE, attributes


def tracer_of(provider: TracerProvider, version: str, settings: Settings, *, own: bool) -> Any:
    """The tracer that makes our spans: lean where the provider is ours and has no limits of its own on values."""
    base = provider.get_tracer("spanwise", version)
    if not own or not isinstance(base, Tracer):
        return base
    limits = base._span_limits
    limited = limits.max_span_attribute_length is not None or limits.max_span_attributes != MAX_ATTRIBUTES
    keep = None
    if settings.keep_errors or settings.keep_slower_than is not None:
        keep = Keep(settings.keep_errors, settings.keep_slower_than)
    return base if limited else LeanTracer(provider, base, keep)
