"""Since when something deviates, and the spans that show it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from spanwise_collector.diagnose.blame import Blame, Rule
from spanwise_collector.diagnose.counts import Edge
from spanwise_collector.diagnose.features import BUCKETS, Moments, Row, What
from spanwise_collector.diagnose.log_counts import Logged, LogRow, Pattern

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
    "new_calls": "end",
    "vanished": "end",
    "errors": "error",
    "log_gap": "gap",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A span or, with its `time` and `text`, a log record that shows a deviation."""

    trace_id: str
    span_id: str
    service: str
    instance: str
    operation: str
    time: int | None = None
    text: str = ""


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


def onset_of_records(logged: Logged, blame: Blame, start: int, end: int) -> int:
    """The beginning of the first slice of the window with half as many of the records as slices have of them."""
    by_bucket: dict[int, int] = defaultdict(int)
    for row in _records(logged, blame):
        by_bucket[row.bucket] += row.n
    usual = sum(by_bucket.values()) / max(1, len(by_bucket))
    first = next((bucket for bucket in sorted(by_bucket) if by_bucket[bucket] >= usual / 2), 0)
    return start + (end - start) * first // BUCKETS


def evidence_of_records(logged: Logged, blame: Blame) -> list[Shown]:
    """Up to five records that show a deviation, one of each slice of the window, the earliest first."""
    found = sorted(_records(logged, blame), key=lambda row: (row.time, row.trace_id, row.span_id))
    return [
        Shown(row.trace_id, row.span_id, row.service, row.instance, "", row.time, row.text)
        for row in found[:_SPANS_SHOWN]
    ]


def _records(logged: Logged, blame: Blame) -> Iterable[LogRow]:
    assert isinstance(blame.measured, Pattern)
    service, instance, template = blame.measured
    for row in logged.rows:
        if row.service == service and instance in ("", row.instance) and template in ("", row.template):
            yield row


def _height(row: Row) -> float:
    return (row.a + row.b if row.what == "edge" else row.a) / row.n


def _of(rows: Sequence[Row], blame: Blame) -> Iterable[Row]:
    what = "site" if blame.rule == "missing" and isinstance(blame.measured, Edge) else _ROWS.get(blame.rule)
    assert not isinstance(blame.measured, Pattern)
    caller = blame.measured.caller if isinstance(blame.measured, Edge) else blame.measured
    callee = blame.measured.callee if isinstance(blame.measured, Edge) else None
    for row in rows:
        if (row.what, row.service, row.instance, row.operation) != (what, *caller):
            continue
        other = (row.other_service, row.other_instance, row.other_operation)
        if other == (callee or ("", "", "")):
            yield row
