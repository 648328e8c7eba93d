"""The model as the API shows it."""

from collections.abc import Mapping
from typing import Any

from spanwise_collector.api import models
from spanwise_collector.api.values import attributes_to_json, to_json
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.metric import Metric, Series
from spanwise_collector.model.resource import Resource, Scope
from spanwise_collector.model.span import Event, Link, Span, status_word
from spanwise_collector.model.summary import TraceSummary
from spanwise_collector.query.page import Page
from spanwise_collector.trace.failure import failed


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


def status(span: Span) -> models.Status:
    return models.Status(
        code=status_word(span.status_code),
        code_number=span.status_code,
        message=span.status_message,
        failed=failed(span),
    )


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
