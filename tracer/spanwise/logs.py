"""Records of the standard `logging` module: trace ids on each record, and a copy of it to the collector.

The copy is taken where a logger hands a record to its handlers. No handler is added anywhere: a handler on
the root logger would turn `logging.basicConfig` and the handler of last resort off.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

from opentelemetry import trace

from spanwise import state
from spanwise.errors import context_of, exception_attributes
from spanwise.export.records import Record
from spanwise.guard import swallowed
from spanwise.values import frozen, safe_str

_STANDARD = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "trace_id", "span_id"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_busy = threading.local()
_original = logging.Logger.callHandlers


def install() -> None:
    """Watch every logger of this process, those that do not propagate included; idempotent."""
    if logging.Logger.callHandlers is _original:
        logging.Logger.callHandlers = _call_handlers  # type: ignore[method-assign]


def _call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
    try:
        _observe(record)
    except Exception:
        swallowed("copying a log record")
    _original(self, record)


def _observe(record: logging.LogRecord) -> None:
    context = trace.get_current_span().get_span_context()
    if not context.is_valid and record.exc_info and (left := context_of(record.exc_info[1])) is not None:
        context = trace.get_current_span(left).get_span_context()
    fields = vars(record)
    if "trace_id" not in fields:
        fields["trace_id"] = f"{context.trace_id:032x}" if context.is_valid else ""
    if "span_id" not in fields:
        fields["span_id"] = f"{context.span_id:016x}" if context.is_valid else ""
    active = state.active
    if active is None or record.name == "spanwise" or getattr(_busy, "flag", False):
        return
    _busy.flag = True
    try:
        active.exporter.put_record(_to_record(record, context))
    finally:
        _busy.flag = False


def _to_record(record: logging.LogRecord, context: trace.SpanContext) -> Record:
    return Record(
        time_ns=int(record.created * 1_000_000) * 1_000,
        severity=severity(record.levelno),
        level=record.levelname,
        body=_message(record),
        logger=record.name,
        attributes=_attributes(record),
        trace_id=context.trace_id,
        span_id=context.span_id,
        flags=int(context.trace_flags),
    )


def severity(level: int) -> int:
    """The OTLP severity number of a level: DEBUG (10) is 5, INFO 9, WARNING 13, ERROR 17, CRITICAL 21."""
    if level < 10:
        return max(1, min(4, level // 3 + 1))
    step, rest = divmod(min(level, 53), 10)
    return 4 * step + 1 + min(3, rest)


def _message(record: logging.LogRecord) -> object:
    try:
        message = record.getMessage()
        return _ANSI.sub("", message) if "\x1b" in message else message
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
    for key, value in vars(record).items():
        if key not in _STANDARD:
            attributes[key] = frozen(value)
    if record.exc_info and record.exc_info[1] is not None:
        attributes.update(exception_attributes(record.exc_info[1]))
    return attributes
