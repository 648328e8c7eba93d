"""A trace as the API shows it."""

from collections import Counter
from collections.abc import Iterable

from spanwise_collector.api import present, trace_models
from spanwise_collector.api.values import attributes_to_json
from spanwise_collector.model.span import kind_word
from spanwise_collector.query.trace import Trace
from spanwise_collector.trace.clocks import Clock, clocks, corrections, host_of
from spanwise_collector.trace.critical_path import Section, critical_path
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.gaps import Gap, longest_gaps
from spanwise_collector.trace.lost_parents import Reason, likely_reasons
from spanwise_collector.trace.self_time import self_time
from spanwise_collector.trace.tree import Node


def trace(loaded: Trace, now: int) -> trace_models.Trace:
    nodes = loaded.nodes
    start, end = loaded.start, loaded.end
    root = next((node.span for node in nodes if not node.span.parent_span_id), None)
    spans = Counter(node.span.service for node in nodes)
    errors = Counter(node.span.service for node in nodes if failed(node.span))
    # RowReader gives equal resources as one object.
    resources = {id(node.span.resource): node.span.resource for node in nodes}
    scopes = {id(node.span.scope): node.span.scope for node in nodes}
    resource_index = {key: index for index, key in enumerate(resources)}
    scope_index = {key: index for index, key in enumerate(scopes)}
    critical = critical_path(nodes)
    of_hosts = clocks(nodes)
    corrected = corrections(of_hosts)
    complete = loaded.span_count == len(nodes)
    lost = likely_reasons(nodes, now)
    gaps, gap_count = longest_gaps(nodes, start, end)
    return trace_models.Trace(
        trace_id=loaded.trace_id,
        start_time_unix_nano=start,
        end_time_unix_nano=end,
        duration=end - start,
        root_service=root.service if root else None,
        root_name=root.name if root else None,
        span_count=loaded.span_count,
        error_count=errors.total(),
        missing_parents=sum(node.parent_missing for node in nodes),
        log_count=loaded.log_count,
        services=present.service_counts(spans, errors),
        clocks=[clock(each) for each in of_hosts],
        resources=[present.resource(each) for each in resources.values()],
        scopes=[present.scope(each) for each in scopes.values()],
        spans=[
            _span(
                node,
                (start, end),
                (resource_index[id(node.span.resource)], scope_index[id(node.span.scope)]),
                critical.get(index, ()),
                corrected[host_of(node.span)],
                lost.get(index),
            )
            for index, node in enumerate(nodes)
        ],
        gaps=[gap(each, start) for each in gaps],
        gap_count=gap_count,
        returned=len(nodes),
        total=loaded.span_count,
        total_relation="eq",
        reason="end" if complete else "limit",
    )


def _span(
    node: Node,
    bounds: Section,
    indexes: tuple[int, int],
    critical: Iterable[Section],
    correction: int,
    lost: Reason | None,
) -> trace_models.Span:
    span, (start, end) = node.span, bounds
    return trace_models.Span(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or None,
        depth=node.depth,
        child_count=len(node.children),
        descendant_count=node.descendant_count,
        parent_missing=node.parent_missing,
        parent_missing_reason=lost,
        name=span.name,
        kind=kind_word(span.kind),
        kind_number=span.kind,
        service=span.service,
        instance=span.instance,
        resource=indexes[0],
        scope=indexes[1],
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        start_offset=min(max(0, span.start - start), end - start),
        skew_correction=correction,
        corrected_start_time_unix_nano=max(0, span.start + correction) if span.start else 0,
        duration=span.duration,
        self_time=self_time(node),
        critical=[(first - start, last - start) for first, last in critical if start <= first <= last <= end],
        unfinished=span.unfinished,
        status=present.status(span),
        trace_state=span.trace_state,
        flags=span.flags,
        attributes=attributes_to_json(span.attributes),
        dropped_attributes_count=span.dropped_attributes_count,
        events=[present.event(each, start) for each in span.events],
        dropped_events_count=span.dropped_events_count,
        links=[present.link(each) for each in span.links],
        dropped_links_count=span.dropped_links_count,
        warnings=list(_warnings(node, start, end)),
    )


def gap(given: Gap, start: int) -> trace_models.Gap:
    """A gap in a trace that began at `start`."""
    return trace_models.Gap(
        span_id=given.node.span.span_id,
        service=given.node.span.service,
        name=given.node.span.name,
        start=given.start - start,
        end=given.end - start,
        kind=given.kind,
        reason=given.reason,
    )


def clock(given: Clock) -> trace_models.Clock:
    return trace_models.Clock(
        host=given.host,
        services=list(given.services),
        span_count=given.span_count,
        correction=given.correction,
        uncertainty=given.uncertainty,
        against=given.against,
        calls=given.calls,
        evidence=given.evidence,
    )


def _warnings(node: Node, start: int, end: int) -> Iterable[str]:
    yield from node.warnings
    span = node.span
    if span.pieces > 1:
        yield f"This span came in {span.pieces} pieces, which are shown as one."
    if not span.start:
        yield "This span came without a start time; it is shown at the trace's start."
    elif not start <= span.start <= end:
        days = round(abs(span.start - start) / 86_400e9)
        where = "before" if span.start < start else "after"
        yield f"This span is dated {days:,} days {where} its trace: it is drawn at the edge of the others."
    elif span.unfinished:
        yield "This span had not ended when it was sent."
    elif span.end < span.start:
        yield f"This span ends {span.start - span.end} ns before it starts; its duration is shown as 0."
