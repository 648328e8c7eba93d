"""W3C trace-context, level 2: `traceparent` and `tracestate`, to the letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from opentelemetry.trace import SpanContext, TraceFlags, TraceState

KNOWN_FLAGS = TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID
MAX_MEMBERS = 32
# What must be propagated at least; entries that exceed it are dropped whole, longest kinds first.
MAX_CHARACTERS = 512
LONG_ENTRY = 128
# Nothing legal is longer than 32 entries of 513 characters with whitespace around them.
_MAX_HEADER = 32 * 1024

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^\r\n]*)?")
_MEMBER = re.compile(
    r"([a-z0-9][a-z0-9_\-*/@]{0,255})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
)
_WHITESPACE = " \t"


class Parent(NamedTuple):
    """The caller's span as its header named it; `flags` holds known bits only."""

    trace_id: int
    span_id: int
    flags: int


def parse_traceparent(values: Sequence[str]) -> Parent | None:
    """The parent named by the one `traceparent` header, or None when the trace must be restarted."""
    if len(values) != 1:
        return None
    match = _PARENT.fullmatch(values[0].strip(_WHITESPACE))
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "ff" or (version == "00" and rest is not None):
        return None
    parent = Parent(int(trace_id, 16), int(span_id, 16), int(flags, 16) & KNOWN_FLAGS)
    return parent if parent.trace_id and parent.span_id else None


def parse_tracestate(values: Sequence[str]) -> list[tuple[str, str]]:
    """The entries of all `tracestate` headers, in order; one illegal entry or a 33rd discards them all."""
    if sum(map(len, values)) > _MAX_HEADER:
        return []
    entries: dict[str, str] = {}
    count = 0
    for raw in ",".join(values).split(","):
        text = raw.strip(_WHITESPACE)
        if not text:
            continue
        match = _MEMBER.fullmatch(text)
        count += 1
        if match is None or count > MAX_MEMBERS:
            return []
        entries.setdefault(match[1], match[2])
    return within_limit(list(entries.items()))


def within_limit(entries: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Entries that fit into the header: over the limit, long ones go first, then from the end."""
    entries = entries[:MAX_MEMBERS]
    if _length(entries) > MAX_CHARACTERS:
        kept = list(entries)
        for entry in reversed(entries):
            if _length(kept) <= MAX_CHARACTERS:
                break
            if len(entry[0]) + 1 + len(entry[1]) > LONG_ENTRY:
                kept.remove(entry)
        entries = kept
    while _length(entries) > MAX_CHARACTERS:
        entries = entries[:-1]
    return entries


def _length(entries: Sequence[tuple[str, str]]) -> int:
    return sum(len(key) + len(value) + 2 for key, value in entries) - 1


class LevelTwoTraceState(TraceState):
    """A TraceState of entries checked by level 2 rules, some of which the SDK's own would refuse."""

    def __init__(self, entries: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._dict = dict(entries)


def format_traceparent(context: SpanContext) -> str:
    """The `traceparent` header of a valid span context: version 00, known flags only."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & KNOWN_FLAGS:02x}"


def format_tracestate(state: TraceState) -> str:
    """The `tracestate` header within the limits; empty when there is nothing to send."""
    return ",".join(f"{key}={value}" for key, value in within_limit(list(state.items())))
