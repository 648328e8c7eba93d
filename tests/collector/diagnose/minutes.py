"""When the two minutes of the shop are, and how their traces are called."""

from __future__ import annotations

BEGIN = 1_795_232_640_000_000_000
PROJECT = "diagnosis"
TRACES = 40


def trace_id(minute: int, number: int) -> str:
    """The id of a trace of the first (0, as usual) or the second (1, slow) minute."""
    return f"{0xD1A6 + minute:028x}{number:04x}"
