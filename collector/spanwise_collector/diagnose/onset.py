"""Since when something deviates, and the spans that show it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from spanwise_collector.diagnose.blame import Blame, Rule
from spanwise_collector.diagnose.counts import Edge
from spanwise_collector.diagnose.features import BUCKETS, Moments, Row, What

_SPANS_SHOWN: Final = 5
_ROWS: Final[dict[Rule, What]] = {
    "self_time": "self",
    "lag": "edge",
    "tail": "edge",
    "outgoing": "edge",
    "ended_early": "end",
    "ended_after": "end",
    "missing": "end",
    "more_calls": "end",
    "errors": "error",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A span that shows a deviation."""

    trace_id: str
    span_id: str
    service: str
    instance: str
    operation: str


def onset(rows: Sequence[Row], blame: Blame, start: int, end: int) -> int:
    """The beginning of the first slice of the window in which half of the whole deviation is seen."""
    by_bucket: dict[int, Moments] = defaultdict(Moments)
    for row in _of(rows, blame):
        by_bucket[row.bucket].add(row.n, row.b if blame.rule in ("tail", "more_calls") else row.a, 0.0)
    half = (blame.before.mean + blame.now.mean) / 2
    first = next((bucket for bucket in sorted(by_bucket) if by_bucket[bucket].mean >= half), 0)
    return start + (end - start) * first // BUCKETS


def evidence(rows: Sequence[Row], blame: Blame) -> list[Shown]:
    """Up to five spans, each the most extreme of its slice of the window, the most extreme slices first."""
    extreme = sorted(_of(rows, blame), key=lambda row: (-_height(row), row.bucket, row.trace_id))
    return [
        Shown(row.trace_id, row.span_id, row.service, row.instance, row.operation) for row in extreme[:_SPANS_SHOWN]
    ]


def _height(row: Row) -> float:
    return (row.a + row.b if row.what == "edge" else row.a) / row.n


def _of(rows: Sequence[Row], blame: Blame) -> Iterable[Row]:
    what = _ROWS.get(blame.rule)
    caller = blame.measured.caller if isinstance(blame.measured, Edge) else blame.measured
    callee = blame.measured.callee if isinstance(blame.measured, Edge) else None
    for row in rows:
        if (row.what, row.service, row.instance, row.operation) != (what, *caller):
            continue
        other = (row.other_service, row.other_instance, row.other_operation)
        if other == (callee or ("", "", "")):
            yield row
