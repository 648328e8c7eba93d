"""The one propagator: which headers are believed on the way in, and which are written on the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry import baggage as baggage_api
from opentelemetry import trace
from opentelemetry.context import Context, create_key, get_current, get_value, set_value
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from spanwise.guard import swallowed
from spanwise.propagation import b3, baggage, w3c
from spanwise.propagation.b3 import Decision
from spanwise.propagation.foreign import PACKAGES, Foreign
from spanwise.settings import DEFAULT_ACCEPT, DEFAULT_SEND

DECISION_KEY = create_key("spanwise-decision")
_PROPERTIES_KEY = create_key("spanwise-baggage")
_HEADERS = {
    "tracecontext": ("traceparent", "tracestate"),
    "baggage": ("baggage",),
    "b3": (b3.SINGLE,),
    "b3multi": b3.MULTI,
}

Fields = Mapping[str, Sequence[str]]


class Propagator(TextMapPropagator):
    """Reads the first format of `accept` that holds a valid parent, and writes every format of `send`.

    Never raises: malformed headers are as if absent. What the caller decided about sampling without
    naming a parent, or left open, is kept in the context under DECISION_KEY for the sampler.
    """

    def __init__(self, accept: Sequence[str] = DEFAULT_ACCEPT, send: Sequence[str] = DEFAULT_SEND) -> None:
        self.accept = tuple(accept)
        self.send = tuple(send)
        foreign = {kind: Foreign(kind) for kind in {*self.accept, *self.send} if kind in PACKAGES}
        self._headers = {**_HEADERS, **{kind: found.names for kind, found in foreign.items()}}
        self._readers = {**_READERS, **{kind: found.read for kind, found in foreign.items()}}
        self._writers = {**_WRITERS, **{kind: found.write for kind, found in foreign.items()}}
        self.names = frozenset(name for kind in self.accept for name in self._headers[kind])
        self.raw_names = {name.encode(): name for name in self.names}

    @property
    def fields(self) -> set[str]:
        """Lower-case names of the headers that `inject` may write."""
        return {name for kind in self.send for name in self._headers[kind]}

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """The context that continues the caller's trace, or the given one unchanged."""
        try:
            fields = {name: values for name in self.names if (values := getter.get(carrier, name))}
            return self.extract_fields(fields, context)
        except Exception:
            swallowed("reading trace headers")
            return get_current() if context is None else context

    def extract_fields(self, fields: Fields, context: Context | None = None) -> Context:
        """`extract` for headers that are already collected under their lower-case names."""
        result = get_current() if context is None else context
        if not fields:
            return result
        found = False
        for kind in self.accept:
            if kind == "baggage":
                result = _with_baggage(fields, result)
            elif not found:
                extracted = self._readers[kind](fields, result)
                if extracted is not None:
                    result, found = extracted, True
        return result

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Write the headers of the context's span and baggage; nothing where there is no valid span."""
        try:
            for name, value in self.headers(context).items():
                setter.set(carrier, name, value)
        except Exception:
            swallowed("writing trace headers")

    def headers(self, context: Context | None = None) -> dict[str, str]:
        """The headers that `inject` writes."""
        span_context = trace.get_current_span(context).get_span_context()
        headers: dict[str, str] = {}
        for kind in self.send:
            if kind == "baggage":
                _write_baggage(headers, context)
            elif span_context.is_valid:
                self._writers[kind](headers, span_context, context)
        return headers


def _read_w3c(fields: Fields, context: Context) -> Context | None:
    parent = w3c.parse_traceparent(fields.get("traceparent", ()))
    if parent is None:
        return None
    state = w3c.LevelTwoTraceState(w3c.parse_tracestate(fields.get("tracestate", ())))
    remote = SpanContext(parent.trace_id, parent.span_id, True, TraceFlags(parent.flags), state)
    return trace.set_span_in_context(NonRecordingSpan(remote), context)


def _read_b3_single(fields: Fields, context: Context) -> Context | None:
    return _continue_b3(b3.parse_single(fields.get(b3.SINGLE, ())), context)


def _read_b3_multi(fields: Fields, context: Context) -> Context | None:
    return _continue_b3(b3.parse_multi(fields), context)


def _continue_b3(found: b3.B3 | None, context: Context) -> Context | None:
    if found is None:
        return None
    if found.decision is not Decision.ACCEPT or found.trace_id is None:
        context = set_value(DECISION_KEY, found.decision, context)
    if found.trace_id is None or found.span_id is None:
        return context
    sampled = found.decision in (Decision.ACCEPT, Decision.DEBUG)
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    remote = SpanContext(found.trace_id, found.span_id, True, flags)
    return trace.set_span_in_context(NonRecordingSpan(remote), context)


def _with_baggage(fields: Fields, context: Context) -> Context:
    values = fields.get("baggage")
    if not values:
        return context
    entries = baggage.parse(values)
    for key, entry in entries.items():
        context = baggage_api.set_baggage(key, entry.value, context)
    return set_value(_PROPERTIES_KEY, entries, context)


def _write_w3c(headers: dict[str, str], span: SpanContext, _context: Context | None) -> None:
    headers["traceparent"] = w3c.format_traceparent(span)
    if span.trace_state and (text := w3c.format_tracestate(span.trace_state)):
        headers["tracestate"] = text


def _decision(span: SpanContext, context: Context | None) -> Decision:
    if not span.trace_flags.sampled:
        return Decision.DENY
    debug = get_value(DECISION_KEY, context) is Decision.DEBUG
    return Decision.DEBUG if debug else Decision.ACCEPT


def _write_b3_single(headers: dict[str, str], span: SpanContext, context: Context | None) -> None:
    headers[b3.SINGLE] = b3.format_single(span.trace_id, span.span_id, _decision(span, context))


def _write_b3_multi(headers: dict[str, str], span: SpanContext, context: Context | None) -> None:
    headers.update(b3.format_multi(span.trace_id, span.span_id, _decision(span, context)))


def _write_baggage(headers: dict[str, str], context: Context | None) -> None:
    entries = baggage_api.get_all(context)
    if not entries:
        return
    properties: Any = get_value(_PROPERTIES_KEY, context) or {}
    if text := baggage.format_header(entries, properties):
        headers["baggage"] = text


_READERS = {"tracecontext": _read_w3c, "b3": _read_b3_single, "b3multi": _read_b3_multi}
_WRITERS = {"tracecontext": _write_w3c, "b3": _write_b3_single, "b3multi": _write_b3_multi}
