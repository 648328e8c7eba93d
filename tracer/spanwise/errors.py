"""Exceptions as span and log attributes."""

from __future__ import annotations

import contextlib
import traceback
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, get_current_span

from spanwise.values import safe_str

MAX_STACKTRACE = 32 * 1024
# Of each exception, the innermost: one that passes through many spans is written down by each of them.
MAX_FRAMES = 100
_CONTEXT = "__spanwise_context__"


def type_name(error: BaseException) -> str:
    """The qualified name of an exception's class, without `builtins`."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def stacktrace(error: BaseException) -> str:
    """The formatted traceback, its innermost frames if it is deep; of a very long text the middle is cut out."""
    try:
        text = "".join(traceback.format_exception(error, limit=-MAX_FRAMES))
    except Exception:
        return ""
    if len(text) <= MAX_STACKTRACE:
        return text
    half = MAX_STACKTRACE // 2
    return f"{text[:half]}\n… {len(text) - MAX_STACKTRACE} characters left out …\n{text[-half:]}"


def exception_attributes(error: BaseException) -> dict[str, Any]:
    """The attributes that the semantic conventions give to an exception."""
    return {
        "exception.type": type_name(error),
        "exception.message": safe_str(error),
        "exception.stacktrace": stacktrace(error),
    }


def record_on(span: Span, error: BaseException) -> None:
    """Write on a span that it failed with this exception; raises what the exception's own text raises."""
    span.set_attribute("error.type", type_name(error))
    span.add_event("exception", exception_attributes(error))
    text = str(error)
    name = type(error).__name__
    span.set_status(Status(StatusCode.ERROR, f"{name}: {text}" if text else name))


def remember(error: BaseException, context: Context) -> None:
    """Note on an exception which span it left first: servers log it after that span is no longer current.

    One that is raised again in another trace, as an object that a module keeps, has left that of before.
    """
    with contextlib.suppress(Exception):
        left = context_of(error)
        if left is None or _trace_id(left) != _trace_id(context):
            setattr(error, _CONTEXT, context)


def _trace_id(context: Context) -> int:
    return get_current_span(context).get_span_context().trace_id


def context_of(error: BaseException | None) -> Context | None:
    """The context of the span that an exception left, if it was noted."""
    found = getattr(error, _CONTEXT, None)
    return found if isinstance(found, Context) else None
