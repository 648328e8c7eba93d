"""The spans that the rules of the diagnosis look at, beside those of the whole trace."""

from __future__ import annotations

from dataclasses import replace

from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from spanwise_collector.model.resource import NO_RESOURCE, Scope
from spanwise_collector.model.span import Span
from spanwise_collector.query import trace
from spanwise_collector.query.trace_bare import bare_nodes
from spanwise_collector.query.trace_place import find

from tests import factories
from tests.collector.inside import Inside
from tests.factories import START, key_values, span, trace_ids

LIMIT = 1000


def without_what_is_not_read(whole: Span) -> Span:
    """The span as a rule sees it."""
    return replace(
        whole,
        resource=NO_RESOURCE,
        scope=Scope(whole.scope.name),
        links=(),
        trace_state="",
        flags=0,
        dropped_attributes_count=0,
        dropped_events_count=0,
        dropped_links_count=0,
    )


def test_the_rules_see_the_whole_trace_less_what_they_do_not_read(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    raised = WireSpan.Event(
        time_unix_nano=START + 7, name="exception", attributes=key_values({"exception.type": "pay.Declined"})
    )
    told = {"attributes": {"http.response.status_code": 503}, "events": [raised], "status": 2, "trace_state": "a=b"}
    spans = [
        span(trace_id, 1, name="GET /orders", start_time_unix_nano=START, end_time_unix_nano=START + 90),
        *(
            span(trace_id, number, 1, **more)
            for number, more in ((2, told), (3, {}), (4, told), (4, {"name": "again"}))
        ),
        span(trace_id, 5, 1, start_time_unix_nano=0, end_time_unix_nano=0, **told),
    ]
    collector.send("bare", factories.traces(spans))
    place = find(collector.engine, "bare", trace_id)
    for limit in (LIMIT, 3):
        whole = trace.load(collector.engine, "bare", trace_id, limit)
        bare = bare_nodes(collector.engine, place, limit)
        assert [each.span for each in bare] == [without_what_is_not_read(each.span) for each in whole.nodes]
        assert [each.depth for each in bare] == [each.depth for each in whole.nodes]
    assert place.root == ("shop", "GET /orders")
