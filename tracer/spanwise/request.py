"""One HTTP request being served: its span from first header to last byte. Shared by ASGI, WSGI and Django."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context, attach, get_current, set_value
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, set_span_in_context

from spanwise.errors import record_on, remember
from spanwise.guard import swallowed
from spanwise.propagation.b3 import Decision, format_single
from spanwise.propagation.propagator import DECISION_KEY
from spanwise.propagation.w3c import format_traceparent
from spanwise.waits import LoopWatch, note_wait, watch_loop

if TYPE_CHECKING:
    from spanwise.state import Active

# The key under which a scope or environ carries its ServerRequest.
KEY = "spanwise.request"
_MOST_DIGITS = 5
METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})


class ServerRequest:
    """The server span of one request. No method raises; after `finish` all of them do nothing."""

    __slots__ = (
        "_blocked_before",
        "_last_byte_ns",
        "_method",
        "_previous",
        "_watch",
        "context",
        "error",
        "pending_mount",
        "prefix",
        "route",
        "span",
        "status",
    )

    def __init__(self, span: Span, context: Context, method: str) -> None:
        self.span = span
        self.context = context
        self.route: str | None = None
        self.prefix = ""
        self.pending_mount: str | None = None
        self.status: int | None = None
        self.error: BaseException | None = None
        self._method = method
        self._previous: Context | None = None
        self._last_byte_ns: int | None = None
        self._watch: LoopWatch | None = None
        self._blocked_before = 0.0

    def enter(self) -> None:
        """Make the span current."""
        self._previous = get_current()
        attach(self.context)

    def leave(self) -> None:
        """Restore what was current, unless someone else has changed it since or runs in another context."""
        if self._previous is not None and get_current() is self.context:
            attach(self._previous)
        self._previous = None

    def watch_loop(self) -> None:
        """Note at the end how long the event loop was blocked during this request."""
        self._watch = watch_loop()
        if self._watch is not None:
            self._blocked_before = self._watch.begin()

    def last_byte(self) -> None:
        """The response is complete: the span ends now, also where `finish` comes later."""
        if self._last_byte_ns is None:
            self._last_byte_ns = time.time_ns()

    def mark(self, key: str, value: Any) -> None:
        """Set one attribute."""
        if self.span.is_recording():
            self.span.set_attribute(key, value)

    def finish(self, error: BaseException | None = None) -> None:
        """End the span with what is known of route, status and exception."""
        span = self.span
        error = error or self.error
        if error is not None:
            remember(error, self.context)
        watch, self._watch = self._watch, None
        blocked = watch.end(self._blocked_before) if watch is not None else 0
        if not span.is_recording():
            return
        try:
            note_wait("event loop", blocked, span)
            span.set_attributes(self._outcome(error))
            if self.route is not None:
                span.update_name(f"{self._method} {self.route}")
        except Exception:
            swallowed("finishing a server span")
        finally:
            span.end(self._last_byte_ns)

    def _outcome(self, error: BaseException | None) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        if self.route is not None:
            attributes["http.route"] = self.route
        if self.status is not None:
            attributes["http.response.status_code"] = self.status
        if error is not None:
            record_on(self.span, error)
        elif self.status is not None and self.status >= 500:
            attributes["error.type"] = str(self.status)
            self.span.set_status(Status(StatusCode.ERROR))
        return attributes


def begin(
    active: Active, fields: Mapping[str, Sequence[str]], method: str, path: str, peer: str | None = None
) -> ServerRequest:
    """Start the server span that continues the caller's trace, or a trace of its own.

    Samplers see the method and the path; the rest is set only where the span is kept. The method of a websocket
    session is `WS`. `peer` is the address of the caller, for the settings that trust some callers only.
    """
    context = active.propagator.extract_fields(fields, Context())
    links: list[Link] = []
    if not active.trust.believes_everyone:
        context, links = active.trust.admit(context, peer)
    attributes: dict[str, Any] = {"http.request.method": method, "url.path": path}
    known = method
    if method == "WS":
        attributes["http.request.method"] = "GET"
    elif method not in METHODS:
        known = "HTTP"
        attributes = {"http.request.method": "_OTHER", "http.request.method_original": method, "url.path": path}
    span = active.tracer.start_span(known, context, SpanKind.SERVER, attributes, links)
    return ServerRequest(span, set_span_in_context(span, context), known)


def response_headers(active: Active, request: ServerRequest) -> list[tuple[str, str]]:
    """Headers that tell the caller the trace id, as the settings say."""
    found: list[tuple[str, str]] = []
    span = request.span.get_span_context()
    for name in active.settings.response_headers if span.is_valid else ():
        if name == "x-trace-id":
            found.append(("X-Trace-Id", f"{span.trace_id:032x}"))
        elif name == "traceresponse":
            found.append(("traceresponse", format_traceparent(span)))
        elif name == "b3":
            decision = Decision.ACCEPT if span.trace_flags.sampled else Decision.DENY
            found.append(("b3", format_single(span.trace_id, span.span_id, decision)))
    return found


def excluded_context() -> Context:
    """The context of a request that is not to be traced: nothing below it starts a trace either."""
    return set_value(DECISION_KEY, Decision.DENY, Context())


@lru_cache(maxsize=8)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs))


def is_excluded(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a path matches one of the glob patterns."""
    return bool(globs) and _pattern(globs).match(path) is not None


def redacted_query(query: str) -> str:
    """The query with its names and without its values: these hold tokens, mail addresses and search words."""
    names = (part.partition("=")[0] for part in query[:2048].split("&") if part)
    return "&".join(f"{name}=REDACTED" for name in names)


def host_and_port(host: str, scheme: str) -> tuple[str, int | None]:
    """The name and port of a Host header; the scheme's own port where none is named."""
    name, colon, port = host.rpartition(":")
    # `isdigit` takes what `int` does not, as `²`; and no port has more digits.
    if colon and port.isascii() and port.isdigit() and len(port) <= _MOST_DIGITS and not name.endswith(":"):
        return name, int(port)
    return host, {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(scheme)


def header_values(pairs: Iterable[tuple[bytes, bytes]], names: Mapping[bytes, str]) -> dict[str, list[str]]:
    """Values of the named headers, all of them and in order, out of ASGI's pairs."""
    found: dict[str, list[str]] = {}
    for raw_name, raw_value in pairs:
        name = names.get(raw_name) or names.get(raw_name.lower())
        if name is not None:
            found.setdefault(name, []).append(raw_value.decode("latin-1"))
    return found
