"""SQLAlchemy: a client span for each statement, without its literals and parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, attach, get_current, set_value
from opentelemetry.trace import Span, SpanKind, set_span_in_context

from spanwise import state
from spanwise.errors import record_on
from spanwise.guard import swallowed
from spanwise.instrument.patching import wrap
from spanwise.sql import sanitized, summary
from spanwise.waits import note_wait, now

_SYSTEMS = {"mssql": "microsoft.sql_server", "oracle": "oracle.db", "postgres": "postgresql"}
_SPAN = "_spanwise_span"


def instrument() -> None:
    """Trace all engines, sync and async, made before or after."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import Pool

    if not event.contains(Engine, "before_cursor_execute", _before):
        event.listen(Engine, "before_cursor_execute", _before)
        event.listen(Engine, "after_cursor_execute", _after)
        event.listen(Engine, "handle_error", _failed)
        wrap(Pool, "connect", _timed)


def _timed(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: Any) -> Any:
        asked = now()
        try:
            return original(self)
        finally:
            note_wait("connection", now() - asked)

    return connect


def _before(conn: Any, _cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
    active = state.active
    if active is None or context is None:
        return
    try:
        current = get_current()
        if current.get(_SUPPRESS_INSTRUMENTATION_KEY):
            return
        attributes = _attributes(conn.engine, statement)
        if executemany:
            attributes["db.operation.batch.size"] = len(parameters)
        name = attributes.get("db.query.summary") or attributes["db.system.name"]
        span = active.tracer.start_span(name, current, SpanKind.CLIENT, attributes)
        # The driver below may be traced as well: one span a statement is enough.
        inside = set_value(_SUPPRESS_INSTRUMENTATION_KEY, True, set_span_in_context(span, current))
        setattr(context, _SPAN, (span, current, inside))
        attach(inside)
    except Exception:
        swallowed("starting a database span")


def _attributes(engine: Any, statement: str) -> dict[str, Any]:
    url = engine.url
    system = engine.dialect.name
    attributes: dict[str, Any] = {
        "db.system.name": _SYSTEMS.get(system, system),
        "db.query.text": sanitized(statement),
    }
    if short := summary(statement):
        attributes["db.query.summary"] = short
        attributes["db.operation.name"] = short.partition(" ")[0]
    if url.database:
        attributes["db.namespace"] = url.database
    if url.host:
        attributes["server.address"] = url.host
    if url.port:
        attributes["server.port"] = url.port
    return attributes


def _after(_conn: Any, cursor: Any, _statement: str, _parameters: Any, context: Any, _executemany: bool) -> None:
    span = _taken(context)
    if span is None:
        return
    try:
        rows = getattr(cursor, "rowcount", -1)
        if isinstance(rows, int) and rows >= 0:
            span.set_attribute("db.response.affected_rows", rows)
    finally:
        span.end()


def _failed(failure: Any) -> None:
    span = _taken(failure.execution_context)
    error = failure.original_exception
    if span is None:
        return
    try:
        record_on(span, error)
    except Exception:
        swallowed("ending a database span")
    finally:
        span.end()


def _taken(context: Any) -> Span | None:
    found: tuple[Span, Context, Context] | None = getattr(context, _SPAN, None) if context is not None else None
    if found is None:
        return None
    setattr(context, _SPAN, None)
    span, before, inside = found
    if get_current() is inside:
        attach(before)
    return span
