"""Rows as the store counts them, from plain figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from spanwise_collector.diagnose.features import OFFSET, Row, What

MS = 1_000_000


def row(what: What, operation: str, *, other: str = "", **fields: Any) -> Row:
    """A row; operations are `service/operation`, with `@instance` where that is not the service's own name."""
    service, instance, name = _named(operation)
    other_service, other_instance, other_name = _named(other) if other else ("", "", "")
    given: dict[str, Any] = {"bucket": 0, "n": 1, "a": 0.0, "trace_id": "1", "span_id": "2"} | fields
    return Row(service, instance, name, what, other_service, other_instance, other_name, **given)


def _named(operation: str) -> tuple[str, str, str]:
    service, _, name = operation.partition("/")
    service, _, instance = service.partition("@")
    return service, instance or f"{service}-1", name


def self_time(operation: str, milliseconds: Sequence[float], **fields: Any) -> list[Row]:
    """Spans of an operation with their self times."""
    logs = [math.log(OFFSET + each * MS) for each in milliseconds]
    return [row("self", operation, n=len(logs), a=sum(logs), aa=sum(each**2 for each in logs), **fields)]


def edge(operation: str, other: str, lags: Sequence[float], tails: Sequence[float]) -> list[Row]:
    """Calls that cross over, with the milliseconds before and after."""
    a, b = ([math.log(OFFSET + each * MS) for each in values] for values in (lags, tails))
    sums = {"a": sum(a), "aa": sum(x**2 for x in a), "b": sum(b), "bb": sum(x**2 for x in b)}
    return [row("edge", operation, other=other, n=len(a), **sums)]


def calls(operation: str, n: int, nothing: int = 0) -> list[Row]:
    """Spans of an operation, `nothing` of which called nothing."""
    return [row("end", operation, n=n, a=nothing, aa=nothing)]


def durations(operation: str, milliseconds: Sequence[float]) -> list[Row]:
    """Spans of an operation with their durations."""
    logs = [math.log(OFFSET + each * MS) for each in milliseconds]
    return [row("end", operation, n=len(logs), b=sum(logs), bb=sum(each**2 for each in logs))]


def ends(operation: str, other: str, n: int, last: int, times: int = 1) -> list[Row]:
    """Of `n` spans that called the other operation `times` times, it was the last call of `last`."""
    made = row("end", operation, other=other, n=n, a=last, aa=last, b=n * times, bb=n * times**2)
    return [replace(made, other_instance="")]


def failed(operation: str, count: int, alone: int = 0) -> list[Row]:
    """Failures that begin here, `alone` of them in spans without a child."""
    return [row("error", operation, n=count, a=count, aa=count, b=alone, bb=alone)]


def sites(operation: str, where: str, n: int, nothing: int = 0, *, reached: str = "") -> list[Row]:
    """`n` calls from one place, `nothing` of which called nothing, and the others the operation that is `reached`."""
    service, instance, name = _named(operation)
    site = f"{service}@{instance}/{name} below {where}"
    made = [row("site", operation, other=site, n=n, a=nothing, aa=nothing)]
    return made + ([row("reached", site, other=reached, n=n - nothing)] if reached and n > nothing else [])
