"""Celery: a worker process that is replaced ends without exit handlers, so it is flushed before (ADR-0012)."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def instrument() -> None:
    """Flush at the end of every worker process. The spans of tasks are OpenTelemetry's instrumentation's."""
    signals = import_module("celery.signals")
    signals.worker_process_shutdown.connect(_leave, weak=False, dispatch_uid="spanwise")


def _leave(**_signal: Any) -> None:
    from spanwise.setup import leave

    leave()
