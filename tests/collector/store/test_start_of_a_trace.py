"""A span that comes without a start time is kept, and does not make its trace begin in 1970."""

from __future__ import annotations

import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.collector.process import Process


def test_a_piece_without_a_start_stands_at_the_start_of_its_trace(service: Process) -> None:
    now = time.time_ns()
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    spans.add(trace_id=b"piece of a trace", span_id=b"whole..1", name="whole", start_time_unix_nano=now)
    spans[0].end_time_unix_nano = now + 1000
    spans.add(trace_id=b"piece of a trace", span_id=b"piece..2", parent_span_id=b"whole..1", name="piece")
    assert service.post("/v1/traces", request.SerializeToString()).status_code == 200
    service.settle()
    trace = service.get(f"/traces/{b'piece of a trace'.hex()}")
    assert (trace["start_time_unix_nano"], trace["duration"]) == (now, 1000)
    assert [(span["name"], span["start_offset"], span["warnings"]) for span in trace["spans"]] == [
        ("whole", 0, []),
        ("piece", 0, ["This span came without a start time; it is shown at the trace's start."]),
    ]
    (listed,) = service.get("/traces", operation="whole")["traces"]
    assert (listed["start_time_unix_nano"], listed["duration"], listed["span_count"]) == (now, 1000, 2)
