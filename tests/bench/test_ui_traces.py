"""The traces that the web view is measured with are what they are said to be."""

from __future__ import annotations

import pytest

from bench import ui_traces

END = 1_795_232_696_000_000_000


@pytest.mark.parametrize("count", [1, 2, 1000, 9001])
def test_a_trace_is_one_tree_of_so_many_spans_that_ends_when_it_is_told_to(count: int) -> None:
    spans = [
        span
        for request in ui_traces.requests(count, END)
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]
    ids = {span.span_id for span in spans}
    assert (len(spans), len(ids)) == (count, count)
    assert {span.trace_id.hex() for span in spans} == {ui_traces.trace_id(count)}
    assert [span.end_time_unix_nano for span in spans if not span.parent_span_id] == [END]
    assert {span.parent_span_id for span in spans} <= ids | {b""}
    assert all(span.start_time_unix_nano < span.end_time_unix_nano for span in spans)
    again = [request.SerializeToString() for request in ui_traces.requests(count, END)]
    assert again == [request.SerializeToString() for request in ui_traces.requests(count, END)]
