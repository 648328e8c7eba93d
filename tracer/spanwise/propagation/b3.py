"""B3, single header and multiple headers: ids, the sampling decision with or without ids, and debug."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

SINGLE = "b3"
TRACE_ID, SPAN_ID = "x-b3-traceid", "x-b3-spanid"
PARENT_SPAN_ID, SAMPLED, FLAGS = "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"
MULTI = (TRACE_ID, SPAN_ID, PARENT_SPAN_ID, SAMPLED, FLAGS)

_TRACE = re.compile(r"[0-9a-f]{32}|[0-9a-f]{16}", re.IGNORECASE)
_SPAN = re.compile(r"[0-9a-f]{16}", re.IGNORECASE)


class Decision(Enum):
    """What the caller said about sampling; DEFER means that it said nothing and the receiver decides."""

    ACCEPT = "1"
    DENY = "0"
    DEBUG = "d"
    DEFER = ""


class B3(NamedTuple):
    """What the headers say; ids are None where only a decision was sent."""

    trace_id: int | None
    span_id: int | None
    decision: Decision


_DECISIONS = {
    "1": Decision.ACCEPT,
    "true": Decision.ACCEPT,
    "0": Decision.DENY,
    "false": Decision.DENY,
    "d": Decision.DEBUG,
}


def parse_single(values: Sequence[str]) -> B3 | None:
    """The first `b3` header, or None when it is absent or malformed."""
    if not values or len(values[0]) > 128:
        return None
    text = values[0].strip(" \t")
    parts = text.split("-")
    if len(parts) == 1:
        decision = _DECISIONS.get(text.lower())
        return B3(None, None, decision) if decision else None
    if len(parts) > 4 or (len(parts) == 4 and not _SPAN.fullmatch(parts[3])):
        return None
    decision = Decision.DEFER if len(parts) == 2 else _DECISIONS.get(parts[2].lower())
    return _with_ids(parts[0], parts[1], decision) if decision else None


def parse_multi(fields: Mapping[str, Sequence[str]]) -> B3 | None:
    """The `X-B3-*` headers, first value of each, or None when they say nothing or ids are malformed."""

    def first(name: str) -> str:
        values = fields.get(name)
        return values[0].strip(" \t") if values else ""

    sampled = _DECISIONS.get(first(SAMPLED).lower(), Decision.DEFER)
    decision = Decision.DEBUG if first(FLAGS) == "1" else sampled
    trace_id, span_id = first(TRACE_ID), first(SPAN_ID)
    if trace_id or span_id:
        return _with_ids(trace_id, span_id, decision)
    return B3(None, None, decision) if decision is not Decision.DEFER else None


def _with_ids(trace_id: str, span_id: str, decision: Decision) -> B3 | None:
    if not _TRACE.fullmatch(trace_id) or not _SPAN.fullmatch(span_id):
        return None
    found = B3(int(trace_id, 16), int(span_id, 16), decision)
    return found if found.trace_id and found.span_id else None


def format_single(trace_id: int, span_id: int, decision: Decision) -> str:
    """The `b3` header; this span's own id stands where the receiver finds its parent."""
    return f"{trace_id:032x}-{span_id:016x}-{decision.value}"


def format_multi(trace_id: int, span_id: int, decision: Decision) -> dict[str, str]:
    """The `X-B3-*` headers; debug implies acceptance, so `X-B3-Sampled` is then left out."""
    headers = {"X-B3-TraceId": f"{trace_id:032x}", "X-B3-SpanId": f"{span_id:016x}"}
    if decision is Decision.DEBUG:
        headers["X-B3-Flags"] = "1"
    else:
        headers["X-B3-Sampled"] = decision.value
    return headers
