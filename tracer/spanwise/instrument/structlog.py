"""structlog: events with their fields and types, not only the text they are rendered to."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from types import FunctionType
from typing import Any

from spanwise import logs
from spanwise.guard import swallowed
from spanwise.instrument.patching import wrap

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "msg": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "err": logging.ERROR,
    "exception": logging.ERROR,
    "critical": logging.CRITICAL,
    "fatal": logging.CRITICAL,
}
_NOT_FIELDS = frozenset({"event", "exc_info", "stack_info", "positional_args", "_from_structlog", "_record"})


def instrument() -> None:
    """Copy every event that its processors let through."""
    from structlog import _base

    wrap(_base.BoundLoggerBase, "_process_event", _observing)
    wrap(_base.BoundLoggerBase, "_proxy_to_logger", _announcing)


def add_ids(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor that puts `trace_id` and `span_id` into the event, for those who print them."""
    trace_id, span_id = logs.ids()
    if trace_id:
        event.setdefault("trace_id", trace_id)
        event.setdefault("span_id", span_id)
    return event


def _observing(original: Callable[..., Any]) -> Callable[..., Any]:
    def _process_event(self: Any, method_name: str, event: Any, event_kw: dict[str, Any]) -> Any:
        fields = {**self._context, **event_kw}
        processed = original(self, method_name, event, event_kw)
        try:
            _take(self._logger, method_name, event, fields)
        except Exception:
            swallowed("copying a structlog event")
        return processed

    return _as_of_structlog(_process_event)


def _announcing(original: Callable[..., Any]) -> Callable[..., Any]:
    def _proxy_to_logger(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        finally:
            logs.withdraw()

    return _as_of_structlog(_proxy_to_logger)


def _as_of_structlog(function: Callable[..., Any]) -> Callable[..., Any]:
    """structlog finds the application's line by skipping frames of modules named like itself: ours is one of them."""
    assert isinstance(function, FunctionType), "those that are given are functions of this module"
    named = {**globals(), "__name__": "structlog.spanwise"}
    return FunctionType(function.__code__, named, function.__name__, function.__defaults__, function.__closure__)


def _take(logger: Any, method: str, event: Any, fields: dict[str, Any]) -> None:
    import structlog

    level = _LEVELS.get(method, logging.INFO)
    attributes = {key: value for key, value in fields.items() if key not in _NOT_FIELDS}
    attributes = {**structlog.contextvars.get_contextvars(), **attributes}
    if isinstance(logger, logging.Logger):
        # The standard record that follows is the one that counts: it brings the place in the code.
        if logger.isEnabledFor(level) and not logger.disabled:
            logs.announce(event, attributes)
        return
    error = fields.get("exc_info", method == "exception")
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    name = str(attributes.pop("logger", None) or getattr(logger, "name", None) or "structlog")
    found = error if isinstance(error, BaseException) else None
    logs.export(level, logging.getLevelName(level), event, name, attributes, found)
