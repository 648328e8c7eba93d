"""How many requests an instance had in two windows, so that what it says can be counted by request and not by hour."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.log_counts import Logged, by_service

_Served: TypeAlias = Mapping[str, Mapping[str, Counter[str]]]
_RECORDS_OF_A_REQUEST: Final = 3


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of each service before, of each instance now, and of each instance now had the load not changed.

    `by_records`: services whose requests nobody counted; their records stand for them. `traced`: services with spans in
    the baseline. `operations`: of services that are counted by spans each operation that is asked for from outside, its
    requests before and now, these by instance.
    """

    before: Mapping[str, int]
    now: Mapping[tuple[str, str], int]
    now_by_time: Mapping[tuple[str, str], int]
    by_records: Set[str] = frozenset()
    traced: Set[str] = frozenset()
    operations: Mapping[str, Sequence[tuple[int, Mapping[str, int]]]] = field(default_factory=dict)

    def between(self, service: str, instance: str, records: int) -> tuple[int, int]:
        """The fewest and the most requests of an instance now that so many records of the baseline may speak of.

        Which operation wrote them is not known, and of some there may be more than before and of others fewer.
        """
        shares = [
            now.get(instance, 0) / then
            for then, now in self.operations.get(service, ())
            if then * _RECORDS_OF_A_REQUEST >= records > 0
        ]
        if not shares:
            return self.now[service, instance], self.now[service, instance]
        return math.floor(min(shares) * self.before[service]), math.ceil(max(shares) * self.before[service])


def requests(rows_before: Sequence[Row], rows_now: Sequence[Row], before: Logged, now: Logged) -> Requests:
    """Of rows that count a sample of the spans, `Logged.span_sample` says of how many one.

    By spans where a service sends them in both windows, else by traces of its records, else by its records. What a
    service says that the baseline does not know is held against all traces, where its records name some.
    """
    entrances = _entrances((*rows_before, *rows_now))
    served_before = _served(rows_before, entrances, before.span_sample)
    served_now = _served(rows_now, entrances, now.span_sample)
    spans_before, spans_now = _busiest(served_before), _busiest(served_now)
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
    by_operation: dict[str, Sequence[tuple[int, Mapping[str, int]]]] = {
        service: [(counted.total(), served_now[service].get(name, {})) for name, counted in before_.items()]
        for service, before_ in served_before.items()
        if service in served_now
    }
    return Requests(found, measured, by_time, by_records, spans_before.keys(), by_operation)


def _entrances(rows: Iterable[Row]) -> Set[tuple[str, str]]:
    """The operations that another service calls, or nobody who is seen; of a service without any, all it has."""
    ends = [row for row in rows if row.what == "end"]
    called = {(row.other_service, row.other_operation) for row in ends if row.other_service}
    from_outside = {
        (row.other_service, row.other_operation) for row in ends if row.other_service not in ("", row.service)
    }
    every = {(row.service, row.operation) for row in ends}
    entered = from_outside | (every - called)
    with_any = {service for service, _ in entered}
    return entered | {each for each in every if each[0] not in with_any}


def _served(rows: Iterable[Row], entrances: Set[tuple[str, str]], sample: int) -> _Served:
    """The spans of such operations of each service, by instance."""
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        if row.what == "end" and not row.other_service and (row.service, row.operation) in entrances:
            found[row.service][row.operation][row.instance] += row.n * sample
    return found


def _busiest(served: _Served) -> Mapping[str, Counter[str]]:
    """The spans of the busiest operation of each service, by instance."""
    return {
        service: max(sorted(operations.items()), key=lambda each: each[1].total())[1]
        for service, operations in served.items()
    }


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
