"""Log records as the store counts them, from plain figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanwise_collector.diagnose.log_counts import Logged, LogRow, Origins, Pattern

MINUTE = 60_000_000_000


def logged(counts: Mapping[str, int], *, first: Mapping[str, tuple[int, int]] | None = None, **fields: Any) -> Logged:
    """Records of a minute: `service: text` or `service@instance: text`, with `!` before the text of an error."""
    rows = []
    for number, (said, n) in enumerate(counts.items()):
        service, instance, text, severity = _parts(said)
        rows.append(LogRow(service, instance, text, severity, 0, n, number, "ab" * 16, "cd" * 8, text))
    given: dict[str, Any] = {"length": MINUTE} | fields
    origins = {_pattern(said): Origins(*n) for said, n in (first or {}).items()}
    return Logged(rows=rows, origins=origins, **given)


def _parts(said: str) -> tuple[str, str, str, int]:
    who, _, text = said.partition(": ")
    service, _, instance = who.partition("@")
    return service, instance or f"{service}-1", text.removeprefix("!"), 17 if text.startswith("!") else 9


def _pattern(said: str) -> Pattern:
    return Pattern(*_parts(said)[:3])
