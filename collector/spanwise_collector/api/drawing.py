"""A trace as rows to be drawn without a script: the waterfall of the .txt and .html forms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from spanwise_collector.diagnose.claims import counted
from spanwise_collector.model.log import LogRecord
from spanwise_collector.query.trace import Trace
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.gaps import Gap, longest_gaps
from spanwise_collector.trace.tree import Node

# The most that are read beside a picture; the JSON form has more.
_MOST_GAPS: Final = 10
_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))


@dataclass(frozen=True, slots=True)
class Row:
    """A span of the waterfall: `left` and `width` are shares of the trace's duration; all text is as it was sent."""

    node: Node
    left: float
    width: float
    logs: Sequence[LogRecord]

    @property
    def failed(self) -> bool:
        """Whether its status says so, or its answer where that is unset."""
        return failed(self.node.span)


def rows(trace: Trace, logs: Sequence[LogRecord]) -> Iterator[Row]:
    """The spans in display order, each with the log records that name it."""
    by_span: dict[str, list[LogRecord]] = {}
    for each in logs:
        by_span.setdefault(each.span_id, []).append(each)
    whole = max(1, trace.end - trace.start)
    for node in trace.nodes:
        left = min(max(0, node.span.start - trace.start), whole) / whole
        yield Row(node, left, min(node.span.duration / whole, 1 - left), by_span.pop(node.span.span_id, ()))


def apart(trace: Trace, logs: Sequence[LogRecord]) -> list[LogRecord]:
    """The records that name no span of the trace."""
    known = {node.span.span_id for node in trace.nodes}
    return [each for each in logs if each.span_id not in known]


def gaps(trace: Trace) -> tuple[list[Gap], int]:
    """The longest gaps of the trace, the longest first, and how many it has."""
    found, count = longest_gaps(trace.nodes, trace.start, trace.end)
    return found[:_MOST_GAPS], count


def heading(trace: Trace) -> str:
    """How much of it there is, in words."""
    errors = sum(failed(node.span) for node in trace.nodes)
    services = len({node.span.service for node in trace.nodes})
    parts = [counted(trace.span_count, "span"), counted(errors, "error"), counted(services, "service")]
    if len(trace.nodes) < trace.span_count:
        parts.append(f"the first {len(trace.nodes):,} are shown")
    return ", ".join(parts)


def duration(nanoseconds: int) -> str:
    """Three digits and a unit."""
    for size, unit in _UNITS:
        if abs(nanoseconds) >= 1000 * size:
            return f"{nanoseconds // size:,} {unit}"
        if abs(nanoseconds) >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds} ns"


def moment(nanoseconds: int) -> str:
    """RFC 3339 in UTC, with milliseconds; the number itself where no calendar has the day."""
    try:
        return datetime.fromtimestamp(nanoseconds // 10**9, UTC).strftime(
            f"%Y-%m-%dT%H:%M:%S.{nanoseconds // 10**6 % 1000:03d}Z"
        )
    except (OverflowError, ValueError, OSError):
        return str(nanoseconds)
