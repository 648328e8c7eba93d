"""Log records: trace ids on each record, and a copy of it to the collector.

Records of the standard `logging` module are copied where a logger hands them to its handlers. No handler is
added anywhere: one on the root logger would turn `logging.basicConfig` and the handler of last resort off.
structlog and loguru hand theirs to `export` below.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace

from spanwise import state
from spanwise.errors import context_of, exception_attributes
from spanwise.export.records import Record
from spanwise.guard import swallowed
from spanwise.values import frozen, safe_str

_STANDARD = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "trace_id", "span_id"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_original = logging.Logger.callHandlers


class _Local(threading.local):
    """What this thread is doing: inside a record's handlers, and the fields a structured logger has announced."""

    inside = False
    announced: tuple[object, Mapping[str, Any]] | None = None


_local = _Local()


def install() -> None:
    """Watch every logger of this process, those that do not propagate included; idempotent."""
    if logging.Logger.callHandlers is _original:
        logging.Logger.callHandlers = _call_handlers  # type: ignore[method-assign]


def ids() -> tuple[str, str]:
    """The current trace and span id in hexadecimal, empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return (f"{context.trace_id:032x}", f"{context.span_id:016x}") if context.is_valid else ("", "")


@contextmanager
def handling() -> Iterator[None]:
    """While a record's own handlers run: what they log, or hand on to another logger, is no second record."""
    before, _local.inside = _local.inside, True
    try:
        yield
    finally:
        _local.inside = before


def announce(event: object, fields: Mapping[str, Any]) -> None:
    """Say what the next standard record of this thread consists of, before it was rendered to text."""
    _local.announced = (event, fields)


def withdraw() -> None:
    """Take back what was announced: a filter may have kept the record from being made."""
    _local.announced = None


def export(
    level: int,
    level_name: str,
    body: object,
    logger: str,
    attributes: Mapping[str, Any],
    error: BaseException | None = None,
) -> None:
    """Send a copy of one record with the current trace and span id; nothing before `init` or inside handlers."""
    active = state.active
    if active is None or _local.inside:
        return
    context = _context_for(error)
    fields = {key: frozen(value) for key, value in attributes.items()}
    if error is not None:
        fields.update(exception_attributes(error))
    active.exporter.put_record(
        Record(
            time_ns=time.time_ns(),
            severity=severity(level),
            level=level_name,
            body=_ANSI.sub("", body) if isinstance(body, str) and "\x1b" in body else frozen(body),
            logger=logger,
            attributes=fields,
            trace_id=context.trace_id,
            span_id=context.span_id,
            flags=int(context.trace_flags),
        )
    )


def _context_for(error: BaseException | None) -> trace.SpanContext:
    """The current span, or the one that the exception left when it is logged after that."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid and (left := context_of(error)) is not None:
        return trace.get_current_span(left).get_span_context()
    return context


def _call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
    try:
        _observe(record)
    except Exception:
        swallowed("copying a log record")
    if _local.inside:
        _original(self, record)
        return
    with handling():
        _original(self, record)


def _observe(record: logging.LogRecord) -> None:
    error = record.exc_info[1] if record.exc_info else None
    context = _context_for(error)
    fields = vars(record)
    if "trace_id" not in fields:
        fields["trace_id"] = f"{context.trace_id:032x}" if context.is_valid else ""
    if "span_id" not in fields:
        fields["span_id"] = f"{context.span_id:016x}" if context.is_valid else ""
    announced, _local.announced = _local.announced, None
    if record.name == "spanwise":
        return
    attributes = _attributes(record)
    body = _message(record)
    if announced is not None:
        body, structured = announced
        attributes.update(structured)
    export(record.levelno, record.levelname, body, record.name, attributes, error)


def severity(level: int) -> int:
    """The OTLP severity number of a level: DEBUG (10) is 5, INFO 9, WARNING 13, ERROR 17, CRITICAL 21."""
    if level < 10:
        return max(1, min(4, level // 3 + 1))
    step, rest = divmod(min(level, 53), 10)
    return 4 * step + 1 + min(3, rest)


def _message(record: logging.LogRecord) -> object:
    try:
        return record.getMessage()
    except Exception:
        # The application's handlers will report the bad format string; the copy shows what there is.
        return safe_str(record.msg)


def _attributes(record: logging.LogRecord) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "code.file.path": record.pathname,
        "code.line.number": record.lineno,
        "code.function.name": record.funcName or "",
        "thread.name": record.threadName or "",
    }
    attributes.update((key, value) for key, value in vars(record).items() if key not in _STANDARD)
    return attributes
