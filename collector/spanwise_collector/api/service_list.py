"""The list of services as the API shows it."""

from pydantic import Field

from spanwise_collector.api import present
from spanwise_collector.api.models import Answer, Listing, ServiceCount
from spanwise_collector.model.summary import ServiceSummary
from spanwise_collector.query.page import Page
from spanwise_collector.query.service_series import ServiceSeries


class OperationCount(Answer):
    name: str
    span_count: int


class RequestCount(Answer):
    time_unix_nano: int = Field(description="Where its step begins.")
    count: int
    error_count: int


class Service(ServiceCount):
    request_count: int = Field(description="Spans by which work enters the service.")
    request_error_count: int
    p50: int | None = Field(description="Of the duration of requests; None without any that ended.")
    p95: int | None
    p99: int | None
    log_count: int
    log_error_count: int = Field(description="Log records of severity ERROR and above.")
    last_seen_unix_nano: int = Field(
        description="Its newest span; of a service that sent no span, its newest log record."
    )
    operations: list[OperationCount] = Field(description="The 100 most frequent.")
    series: list[RequestCount] = Field(
        default=[], description="Its requests by steps, those with any, by time; empty where `columns` is not given."
    )


class ServiceList(Listing):
    services: list[Service]
    step: int = Field(default=0, description="Length of a step of `series` in ns; 0 where there is none.")


def listed(page: Page[ServiceSummary], series: ServiceSeries) -> ServiceList:
    """A page of services in the terms of the API."""
    return ServiceList(
        services=[_service(each, series.points.get(each.name, [])) for each in page.items],
        step=series.step,
        **present.coverage(page),
    )


def _service(summary: ServiceSummary, points: list[tuple[int, int, int]]) -> Service:
    return Service(
        name=summary.name,
        span_count=summary.span_count,
        error_count=summary.error_count,
        request_count=summary.request_count,
        request_error_count=summary.request_error_count,
        p50=summary.p50,
        p95=summary.p95,
        p99=summary.p99,
        log_count=summary.log_count,
        log_error_count=summary.log_error_count,
        last_seen_unix_nano=summary.last_seen,
        operations=[OperationCount(name=name, span_count=count) for name, count in summary.operations.items()],
        series=[RequestCount(time_unix_nano=time, count=count, error_count=errors) for time, count, errors in points],
    )
