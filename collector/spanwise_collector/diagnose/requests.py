"""How many requests an instance had in two windows, so that what it says can be counted by request and not by hour."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.log_counts import Logged, by_service


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of each service before, of each instance now, and of each instance now had the load not changed.

    `by_records`: services whose requests nobody counted; their records stand for them. `traced`: services with spans in
    the baseline.
    """

    before: Mapping[str, int]
    now: Mapping[tuple[str, str], int]
    now_by_time: Mapping[tuple[str, str], int]
    by_records: Set[str] = frozenset()
    traced: Set[str] = frozenset()


def requests(rows_before: Sequence[Row], rows_now: Sequence[Row], before: Logged, now: Logged) -> Requests:
    """Of rows that count a sample of the spans, `Logged.span_sample` says of how many one.

    By spans where a service sends them in both windows, else by traces of its records, else by its records. What a
    service says that the baseline does not know is held against all traces, where its records name some.
    """
    spans_before, spans_now = _busiest(rows_before, before.span_sample), _busiest(rows_now, now.span_sample)
    length = now.length / before.length if before.length else 1.0
    found: dict[str, int] = {}
    measured: dict[tuple[str, str], int] = {}
    by_time: dict[tuple[str, str], int] = {}
    by_records: set[str] = set()
    instances = _instances(spans_now, now)
    for service in by_service(before.records) | by_service(now.records):
        by, kept, counted = _measured(service, spans_before, spans_now, before, now)
        found[service] = kept
        if by == "records":
            by_records.add(service)
        total = sum(counted.values())
        for instance in instances[service]:
            own = counted.get(instance, 0)
            measured[service, instance] = own
            by_time[service, instance] = round(kept * length * (own / total if total else 0.0))
    return Requests(found, measured, by_time, by_records, spans_before.keys())


def _busiest(rows: Sequence[Row], sample: int) -> Mapping[str, Counter[str]]:
    """The spans of the busiest operation of each service, by instance."""
    operations: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.what == "end" and not row.other_service:
            operations[row.service, row.operation][row.instance] += row.n * sample
    found: dict[str, Counter[str]] = {}
    for (service, _), counted in sorted(operations.items()):
        if counted.total() > found.get(service, Counter[str]()).total():
            found[service] = counted
    return found


def _instances(spans: Mapping[str, Counter[str]], logged: Logged) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for service, counted in spans.items():
        found[service] |= set(counted)
    for service, instance in logged.records:
        found[service].add(instance)
    return found


def _measured(
    service: str,
    spans_before: Mapping[str, Counter[str]],
    spans_now: Mapping[str, Counter[str]],
    before: Logged,
    now: Logged,
) -> tuple[Literal["spans", "traces", "records"], int, Mapping[str, int]]:
    if service in spans_before and service in spans_now:
        return "spans", spans_before[service].total(), spans_now[service]
    traces_before, traces_now = by_service(before.traces), by_service(now.traces)
    written = by_service(before.records)[service]
    if traces_before[service] and traces_now[service]:
        return "traces", traces_before[service], {key[1]: n for key, n in now.traces.items() if key[0] == service}
    if traces_before and traces_now[service] and not written and service not in spans_before:
        everything = max(traces_now.values())
        return "traces", max(traces_before.values()), {key[1]: everything for key in now.traces if key[0] == service}
    return "records", written, {key[1]: n for key, n in now.records.items() if key[0] == service}
