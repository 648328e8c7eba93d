import gzip

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.bodies import Bodies, Body
from bench.ids import Shape

NOW = 1_800_000_000_000_000_000
SHAPE = Shape(spans=24, spans_of_trace=3)


def spans_of(body: Body) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body.plain)
    return list(request.resource_spans[0].scope_spans[0].spans)


@pytest.mark.parametrize("shape", [Shape(), SHAPE, Shape(1, 1)])
@pytest.mark.parametrize("client", [0, 5])
def test_the_patched_stream_inflates_to_the_body(client: int, shape: Shape) -> None:
    bodies = Bodies(client, shape=shape)
    for sequence in (0, 1, 2**27):
        body = bodies.body(sequence, NOW + sequence)
        assert gzip.decompress(body.gzip) == body.plain


def test_spans_carry_the_ids_that_can_be_computed_again() -> None:
    body = Bodies(3, run=7, shape=SHAPE).body(11, NOW)
    spans = spans_of(body)
    assert [span.span_id.hex() for span in spans] == body.ids.span_ids()
    assert [span.trace_id.hex() for span in spans[::3]] == body.ids.trace_ids()


def test_bodies_of_one_sequence_make_traces_over_all_clients() -> None:
    spans = [span for client in range(4) for span in spans_of(Bodies(client, shape=SHAPE).body(2, NOW))]
    known = {span.span_id for span in spans}
    assert len(known) == len(spans)
    assert len({span.trace_id for span in spans}) == SHAPE.traces
    assert sum(not span.parent_span_id for span in spans) == SHAPE.traces
    assert all(span.parent_span_id in known for span in spans if span.parent_span_id)


def test_no_span_id_comes_twice() -> None:
    ids = [
        span
        for run in (0, 1)
        for client in (0, 1)
        for sequence in range(50)
        for span in Bodies(client, run, SHAPE).body(sequence, NOW).ids.span_ids()
    ]
    assert len(set(ids)) == len(ids)


def test_a_span_has_ten_attributes_and_about_410_bytes() -> None:
    body = Bodies(0).body(0, NOW)
    assert {len(span.attributes) for span in spans_of(body)} == {10}
    assert 380 <= len(body.plain) / 512 <= 440


def test_a_body_holds_whole_traces() -> None:
    with pytest.raises(ValueError, match="whole traces"):
        Shape(spans=10, spans_of_trace=4)
