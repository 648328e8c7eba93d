"""The numbered cases in which a trace is odd: times that cannot be, circles, chains, masses, and spans in pieces."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spanwise_collector.api import trace_models, trace_present
from spanwise_collector.query import trace, traces
from spanwise_collector.query.traces import TraceSearch
from spanwise_collector.receive.zipkin_json import decode_v2

from tests import factories
from tests.collector.inside import Inside
from tests.factories import MINUTE, span, trace_ids

SECOND = 1_000_000_000
DAY = 24 * 60 * MINUTE
# `make soak` sends a million.
MASS = int(os.environ.get("SPANWISE_MASS", "150000"))
LIMIT = 100_000


def shown(collector: Inside, project: str, trace_id: str) -> trace_models.Trace:
    """The trace as the API answers it, at most 100,000 spans of it."""
    return trace_present.trace(trace.load(collector.engine, project, trace_id, LIMIT), now=0)


def listed(collector: Inside, project: str, **fields: Any) -> list[tuple[str, int, int, int]]:
    """Id, start, duration and number of spans of each trace of the last hour."""
    now = time.time_ns()
    asked = TraceSearch(project, **{"start": now - 60 * MINUTE, "end": now + MINUTE} | fields)
    page = traces.search(collector.engine, asked)
    return [(each.trace_id, each.start, each.end - each.start, sum(each.spans.values())) for each in page.items]


def test_case_36_times_that_cannot_be_do_not_stretch_a_trace(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    now = time.time_ns()
    odd = {2: 0, 3: 1, 4: now - 3652 * DAY, 5: 9_300_000_000 * SECOND, 6: 2**64 - 2, 7: now + 30 * DAY}
    root = span(trace_id, 1, start_time_unix_nano=now, end_time_unix_nano=now + SECOND)
    spans = [
        span(trace_id, number, 1, start_time_unix_nano=start, end_time_unix_nano=start + 1 if start else 0)
        for number, start in odd.items()
    ]
    collector.send("implausible", factories.traces([root, *spans[:3]]), *(factories.traces([s]) for s in spans[3:]))
    found = shown(collector, "implausible", trace_id)
    assert (found.start_time_unix_nano, found.duration, found.span_count) == (now, SECOND, 7)
    assert {each.span_id: each.start_time_unix_nano for each in found.spans} == {
        f"{number:016x}": start for number, start in ({1: now} | odd).items()
    }
    assert {each.start_offset for each in found.spans} == {0, SECOND}
    assert {each.span_id[-1]: " ".join(each.warnings)[:36] for each in found.spans} == {
        "1": "",
        "2": "This span came without a start time;",
        "3": f"This span is dated {round(now / DAY):,} days before"[:36],
        "4": "This span is dated 3,652 days before",
        "5": found_warning(found, 5),
        "6": found_warning(found, 6),
        "7": "This span is dated 30 days after its",
    }
    assert listed(collector, "implausible") == [(trace_id, now, SECOND, 7)]
    assert listed(collector, "implausible", sort="slowest") == [(trace_id, now, SECOND, 7)]
    then = now - 3652 * DAY
    assert listed(collector, "implausible", start=then - MINUTE, end=then + MINUTE) == []


def found_warning(found: trace_models.Trace, number: int) -> str:
    (warning,) = next(each.warnings for each in found.spans if each.span_id == f"{number:016x}")
    assert "days after its trace" in warning
    return warning[:36]


def test_case_36_a_trace_that_is_old_as_a_whole_keeps_its_times(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    then = time.time_ns() - 3652 * DAY
    spans = [span(trace_id, n, n - 1, start_time_unix_nano=then + n, end_time_unix_nano=then + 100) for n in (1, 2)]
    collector.send("history", *(factories.traces([each]) for each in spans))
    found = shown(collector, "history", trace_id)
    assert (found.start_time_unix_nano, found.duration) == (then + 1, 99)
    assert [each.warnings for each in found.spans] == [[], []]
    assert listed(collector, "history", start=then - MINUTE, end=then + MINUTE) == [(trace_id, then + 1, 99, 2)]
    assert listed(collector, "history") == []


def test_case_36_a_span_that_ends_before_it_starts_says_so(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    now = time.time_ns()
    collector.send("backward", factories.traces([span(trace_id, start_time_unix_nano=now, end_time_unix_nano=now - 5)]))
    found = shown(collector, "backward", trace_id)
    assert [(each.duration, each.self_time, each.warnings) for each in found.spans] == [
        (0, 0, ["This span ends 5 ns before it starts; its duration is shown as 0."])
    ]
    assert listed(collector, "backward") == [(trace_id, now, 0, 1)]


def test_case_50_a_span_that_is_its_own_parent_and_a_circle_are_shown_whole(collector: Inside) -> None:
    own, circle = trace_ids(2)
    collector.send("circles", factories.traces([span(own, 1, 1), span(circle, 1, 2), span(circle, 2, 1)]))
    assert [(each.depth, each.warnings) for each in shown(collector, "circles", own).spans] == [
        (0, ["This span names itself as its parent; it is shown as a root."])
    ]
    assert [(each.depth, bool(each.warnings)) for each in shown(collector, "circles", circle).spans] == [
        (0, True),
        (1, False),
    ]


def test_cases_50_and_51_a_chain_of_a_mass_of_spans_is_cut_and_says_so(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    collector.send("mass", _chain(trace_id, MASS))
    found = shown(collector, "mass", trace_id)
    assert [each.depth for each in found.spans] == list(range(LIMIT))
    assert found.spans[0].descendant_count == LIMIT - 1
    assert (found.returned, found.total, found.total_relation, found.reason) == (LIMIT, MASS, "eq", "limit")
    assert found.span_count == MASS


def _chain(trace_id: str, count: int) -> ExportTraceServiceRequest:
    made = factories.traces([])
    spans, now = made.resource_spans[0].scope_spans[0].spans, time.time_ns()
    trace_bytes = bytes.fromhex(trace_id)
    for number in range(1, count + 1):
        spans.add(
            trace_id=trace_bytes,
            span_id=number.to_bytes(8),
            parent_span_id=(number - 1).to_bytes(8) if number > 1 else b"",
            start_time_unix_nano=now + number,
            end_time_unix_nano=now + number + count,
        )
    return made


def zipkin(*spans: dict[str, Any]) -> ExportTraceServiceRequest:
    return decode_v2(json.dumps(spans).encode())


def test_case_70_ids_of_64_and_of_128_bits_of_one_trace_are_one_trace(collector: Inside) -> None:
    (low,) = (each[16:] for each in trace_ids(1))
    long, now = "5aab74dbb904746b" + low, time.time_ns() // 1000
    root = {"traceId": long, "id": "1" * 16, "timestamp": now, "duration": 9}
    child = {"traceId": low, "id": "2" * 16, "parentId": "1" * 16, "timestamp": now + 1, "duration": 1}
    record = factories.record("cut", trace_id="0" * 16 + low)
    collector.send("mixed", zipkin(root), zipkin(child), factories.logs([record]))
    for asked in (long, "0" * 16 + low):
        found = shown(collector, "mixed", asked)
        assert found.trace_id == long
        assert [(each.span_id[0], each.depth) for each in found.spans] == [("1", 0), ("2", 1)]
        assert (found.span_count, found.log_count) == (2, 1)


def test_case_71_both_sides_of_a_shared_id_are_shown(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    now = time.time_ns() // 1000
    common = {"traceId": trace_id, "id": "2" * 16, "duration": 9}
    client = common | {"kind": "CLIENT", "timestamp": now, "localEndpoint": {"serviceName": "a"}}
    server = common | {"kind": "SERVER", "timestamp": now + 1, "localEndpoint": {"serviceName": "b"}, "shared": True}
    collector.send("shared", zipkin(server), zipkin(client))
    found = shown(collector, "shared", trace_id)
    assert [(each.service, each.kind, each.depth, each.warnings) for each in found.spans] == [
        ("a", "client", 0, []),
        ("b", "server", 1, []),
    ]


def test_case_72_a_span_in_three_pieces_is_one_span(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    now = time.time_ns() // 1000
    common = {"traceId": trace_id, "id": "2" * 16}
    first = common | {"name": "get", "kind": "CLIENT", "timestamp": now, "localEndpoint": {"serviceName": "a"}}
    second = common | {"kind": "CLIENT", "timestamp": now, "duration": 70, "localEndpoint": {"serviceName": "a"}}
    late = common | {"tags": {"late": "yes"}, "annotations": [{"timestamp": now + 5, "value": "noted"}]}
    other = common | {"kind": "SERVER", "timestamp": now + 9, "duration": 8, "shared": True}
    other |= {"localEndpoint": {"serviceName": "b"}}
    collector.send("pieces", zipkin(first), zipkin(other), zipkin(second), zipkin(late))
    found = shown(collector, "pieces", trace_id)
    client, server = found.spans
    assert (client.name, client.kind, client.service, client.duration) == ("get", "client", "a", 70_000)
    assert (client.attributes, [event.name for event in client.events]) == ({"late": "yes"}, ["noted"])
    assert client.warnings == ["This span came in 3 pieces, which are shown as one."]
    assert (server.service, server.attributes, server.warnings) == ("b", {"zipkin.shared": True}, [])
    assert (found.span_count, found.returned, found.reason) == (2, 2, "end")
    assert (found.start_time_unix_nano, found.duration) == (now * 1000, 70_000)
    # The list counts what arrived, and a piece without a time does not make the trace last until it came.
    assert listed(collector, "pieces") == [(trace_id, now * 1000, 70_000, 4)]


def test_a_span_without_its_parent_says_why_that_is_most_likely(collector: Inside) -> None:
    trace_id = "ab" * 8 + trace_ids(1)[0][16:]
    now = time.time_ns()
    kept = span(trace_id, 2, 1, kind=2, start_time_unix_nano=now, end_time_unix_nano=now + SECOND)
    collector.send("orphans", factories.traces([kept, span(trace_id, 3, 2, start_time_unix_nano=now)]))
    loaded = trace.load(collector.engine, "orphans", trace_id, LIMIT)
    said = [
        [(each.parent_missing, each.parent_missing_reason) for each in trace_present.trace(loaded, now=then).spans]
        for then in (now + 2 * SECOND, now + 2 * MINUTE)
    ]
    assert said == [[(True, "on its way"), (False, None)], [(True, "not instrumented"), (False, None)]]
