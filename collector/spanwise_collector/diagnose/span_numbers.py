"""The spans of a window as columns of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.trace.columns import I32, I64, U64, Mask, Rows


@dataclass(frozen=True, slots=True)
class SpanNumbers:
    """Spans of whole traces as numbers; all columns are as long, in any order.

    `key` stands for the ids of trace and span, `parent` for those of its parent (0: none). `kind` is OpenTelemetry's.
    `operation` is a place in `operations`, which are in order. `trace_id` (two halves) and `span_id` are the ids' bytes
    read as little-endian.
    """

    operations: Sequence[Operation]
    key: U64
    parent: U64
    kind: I32
    began: I64
    ended: I64
    operation: Rows
    failed: Mask
    trace_id: tuple[U64, U64]
    span_id: U64

    def ids(self, row: int) -> tuple[str, str]:
        """The ids of trace and span as hex."""
        first, second, span = (int(column[row]).to_bytes(8, "little") for column in (*self.trace_id, self.span_id))
        return (first + second).hex(), span.hex()
