"""One outgoing HTTP call: its client span and the headers it carries. Shared by all HTTP clients."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,
    _SUPPRESS_INSTRUMENTATION_KEY,
    Context,
    attach,
    get_current,
    set_value,
)
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context

from spanwise import state
from spanwise.errors import record_on
from spanwise.guard import swallowed
from spanwise.request import METHODS, redacted_query

_PORTS = {"http": 80, "https": 443}


class ClientCall:
    """The span of one call on the wire: current while it runs, other HTTP instrumentations silent."""

    __slots__ = ("_context", "_previous", "_withheld", "headers", "span")

    def __init__(
        self, span: Span, context: Context, headers: dict[str, str], withheld: dict[str, str] | None = None
    ) -> None:
        """`headers` are told to the host; `withheld` are those that another host would have been told."""
        self.span = span
        self.headers = headers
        self._withheld = withheld
        self._context = context
        self._previous: Context | None = None

    def __enter__(self) -> ClientCall:
        self._previous = get_current()
        attach(self._context)
        return self

    def __exit__(self, kind: object, error: BaseException | None, tb: object) -> None:
        self.end(error)

    def write(self, headers: MutableMapping[str, Any]) -> None:
        """Put the trace headers among a request's. Of a redirect to a host that is told nothing, ours are taken out."""
        headers.update(self.headers)
        trace_id = f"{self.span.get_span_context().trace_id:032x}"
        for name, value in (self._withheld or {}).items():
            if name in headers and (trace_id in str(headers[name]) or headers[name] == value):
                del headers[name]

    def end(self, error: BaseException | None = None) -> None:
        """End the span, with the exception that the call ended with."""
        try:
            if self._previous is not None and get_current() is self._context:
                attach(self._previous)
            if error is not None and self.span.is_recording():
                record_on(self.span, error)
            self.span.end()
        except Exception:
            swallowed("ending a client span")

    def answered(self, status: int) -> None:
        """Note the response's status."""
        if self.span.is_recording():
            self.span.set_attribute("http.response.status_code", status)
            if status >= 400:
                self.span.set_attribute("error.type", str(status))
                self.span.set_status(Status(StatusCode.ERROR))


def begin_call(method: str, url: str) -> ClientCall | None:
    """Start the client span of a call, or None where nothing is to be traced. Never raises."""
    active = state.active
    if active is None:
        return None
    try:
        current = get_current()
        if current.get(_SUPPRESS_INSTRUMENTATION_KEY) or current.get(_SUPPRESS_HTTP_INSTRUMENTATION_KEY):
            return None
        method = method.upper()
        name = method if method in METHODS else "HTTP"
        span = active.tracer.start_span(name, current, SpanKind.CLIENT, _attributes(method, url))
        context = set_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, set_span_in_context(span, current))
        if not active.recipients.include(urlsplit(url).hostname or ""):
            # Said on the span: a trace that ends here does so on purpose.
            span.set_attribute("spanwise.propagated", False)
            return ClientCall(span, context, {}, active.propagator.headers(context))
        return ClientCall(span, context, active.propagator.headers(context))
    except Exception:
        swallowed("starting a client span")
        return None


def _attributes(method: str, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme)
    shown = f"[{host}]" if ":" in host else host
    address = f"{parts.scheme}://{shown}" + (f":{parts.port}" if parts.port else "") + (parts.path or "/")
    if parts.query:
        address += "?" + redacted_query(parts.query)
    attributes: dict[str, Any] = {
        "http.request.method": method if method in METHODS else "_OTHER",
        "url.full": address,
        "server.address": host,
    }
    if port is not None:
        attributes["server.port"] = port
    return attributes
