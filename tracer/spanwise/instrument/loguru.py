"""loguru: records with their extra fields; `{trace_id}` and `{span_id}` can be used in formats."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from spanwise import logs
from spanwise.guard import swallowed
from spanwise.instrument.patching import wrap

_last = threading.local()


def instrument() -> None:
    """Copy every record that reaches at least one sink; no sink is added."""
    from loguru import _handler

    wrap(_handler.Handler, "emit", _observing)


def _observing(original: Callable[..., Any]) -> Callable[..., Any]:
    def emit(self: Any, record: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            # Each sink is handed the same record: the first that wants it stands for all of them.
            if getattr(_last, "record", None) is not record and record["level"].no >= self.levelno:
                _last.record = record
                _take(record)
        except Exception:
            swallowed("copying a loguru record")
        with logs.handling():
            return original(self, record, *args, **kwargs)

    return emit


def _take(record: Any) -> None:
    record["trace_id"], record["span_id"] = logs.ids()
    attributes = {
        "code.file.path": record["file"].path,
        "code.line.number": record["line"],
        "code.function.name": record["function"],
        "thread.name": record["thread"].name,
        **record["extra"],
    }
    error = record["exception"].value if record["exception"] else None
    level = record["level"]
    logs.export(level.no, level.name, record["message"], record["name"] or "loguru", attributes, error)
