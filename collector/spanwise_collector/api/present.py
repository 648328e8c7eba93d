"""The model as the API shows it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from spanwise_collector.api import models
from spanwise_collector.api.values import attributes_to_json, to_json
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.metric import Metric, Series
from spanwise_collector.model.resource import Resource, Scope
from spanwise_collector.model.span import ERROR, Event, Link, Span, kind_word, status_word
from spanwise_collector.model.summary import TraceSummary
from spanwise_collector.query.page import Page
from spanwise_collector.query.trace import Trace
from spanwise_collector.trace.clocks import Clock, clocks, corrections, host_of
from spanwise_collector.trace.critical_path import Section, critical_path
from spanwise_collector.trace.lost_parents import Reason, likely_reasons
from spanwise_collector.trace.self_time import self_time
from spanwise_collector.trace.tree import Node


def coverage(page: Page[Any]) -> dict[str, Any]:
    """The fields of models.Listing."""
    return {
        "returned": len(page.items),
        "total": page.total,
        "total_relation": page.total_relation,
        "reason": page.reason,
        "next_cursor": page.next_cursor,
    }


def trace_summary(summary: TraceSummary) -> models.TraceSummary:
    return models.TraceSummary(
        trace_id=summary.trace_id,
        root_service=summary.root_service,
        root_name=summary.root_name,
        start_time_unix_nano=summary.start,
        end_time_unix_nano=summary.end,
        duration=summary.end - summary.start,
        span_count=sum(summary.spans.values()),
        error_count=sum(summary.errors.values()),
        services=service_counts(summary.spans, summary.errors),
    )


def service_counts(spans: Mapping[str, int], errors: Mapping[str, int]) -> list[models.ServiceCount]:
    busiest = sorted(spans.items(), key=lambda item: (-item[1], item[0]))
    return [
        models.ServiceCount(name=name, span_count=count, error_count=errors.get(name, 0)) for name, count in busiest
    ]


def trace(loaded: Trace, now: int) -> models.Trace:
    nodes = loaded.nodes
    start, end = loaded.start, loaded.end
    root = next((node.span for node in nodes if not node.span.parent_span_id), None)
    spans = Counter(node.span.service for node in nodes)
    errors = Counter(node.span.service for node in nodes if node.span.status_code == ERROR)
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
    return models.Trace(
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
        services=service_counts(spans, errors),
        clocks=[clock(each) for each in of_hosts],
        resources=[resource(each) for each in resources.values()],
        scopes=[scope(each) for each in scopes.values()],
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
) -> models.Span:
    span, (start, end) = node.span, bounds
    return models.Span(
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
        status=status(span),
        trace_state=span.trace_state,
        flags=span.flags,
        attributes=attributes_to_json(span.attributes),
        dropped_attributes_count=span.dropped_attributes_count,
        events=[event(each, start) for each in span.events],
        dropped_events_count=span.dropped_events_count,
        links=[link(each) for each in span.links],
        dropped_links_count=span.dropped_links_count,
        warnings=list(_warnings(node, start, end)),
    )


def clock(given: Clock) -> models.Clock:
    return models.Clock(
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


def status(span: Span) -> models.Status:
    return models.Status(code=status_word(span.status_code), code_number=span.status_code, message=span.status_message)


def event(given: Event, start: int) -> models.Event:
    return models.Event(
        time_unix_nano=given.time,
        offset=given.time - start,
        name=given.name,
        attributes=attributes_to_json(given.attributes),
        dropped_attributes_count=given.dropped_attributes_count,
    )


def link(given: Link) -> models.Link:
    return models.Link(
        trace_id=given.trace_id,
        span_id=given.span_id,
        trace_state=given.trace_state,
        attributes=attributes_to_json(given.attributes),
        dropped_attributes_count=given.dropped_attributes_count,
        flags=given.flags,
    )


def resource(given: Resource) -> models.Resource:
    return models.Resource(
        attributes=attributes_to_json(given.attributes),
        dropped_attributes_count=given.dropped_attributes_count,
        schema_url=given.schema_url,
        entity_refs=[
            models.EntityRef(
                type=each.type,
                id_keys=list(each.id_keys),
                description_keys=list(each.description_keys),
                schema_url=each.schema_url,
            )
            for each in given.entity_refs
        ],
    )


def scope(given: Scope) -> models.InstrumentationScope:
    return models.InstrumentationScope(
        name=given.name,
        version=given.version,
        attributes=attributes_to_json(given.attributes),
        dropped_attributes_count=given.dropped_attributes_count,
        schema_url=given.schema_url,
    )


def metric(given: Metric) -> models.Metric:
    return models.Metric(
        name=given.name,
        kind=given.kind,
        unit=given.unit,
        description=given.description,
        services=list(given.services),
        point_count=given.point_count,
    )


def series(given: Series) -> models.MetricSeries:
    return models.MetricSeries(
        service=given.service,
        instance=given.instance,
        attributes=dict(given.attributes),
        points=[
            models.MetricPoint(
                time_unix_nano=point.time, value=to_json(point.value), count=point.count, sum=to_json(point.sum)
            )
            for point in given.points
        ],
    )


def log_record(record: LogRecord) -> models.LogRecord:
    return models.LogRecord(
        time_unix_nano=record.time,
        time_source=record.time_source,
        observed_time_unix_nano=record.observed_time,
        severity_number=record.severity_number,
        severity_text=record.severity_text,
        service=record.service,
        instance=record.instance,
        trace_id=record.trace_id or None,
        span_id=record.span_id or None,
        inferred=record.inferred,
        body=to_json(record.body),
        event_name=record.event_name,
        pattern=record.pattern or None,
        attributes=attributes_to_json(record.attributes),
        dropped_attributes_count=record.dropped_attributes_count,
        flags=record.flags,
        resource=resource(record.resource),
        scope=scope(record.scope),
    )
