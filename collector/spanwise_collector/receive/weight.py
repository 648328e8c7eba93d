"""How much memory the store takes for a request: every row has with it what stands around its item on the wire."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

# A log record without anything in it: a million of them took 724 MiB, a million spans of ids alone 930 MiB.
ROW_BYTES = 768
# What is around fewer items is not measured: it cannot be many times the body.
_FEW = 16


def repeated(request: ExportTraceServiceRequest | ExportLogsServiceRequest | ExportMetricsServiceRequest) -> int:
    """The bytes of resources, scopes and metrics, each as often as there are items in it."""
    if isinstance(request, ExportTraceServiceRequest):
        return sum(
            _around(each.resource, each.schema_url, ((scope.scope, len(scope.spans)) for scope in each.scope_spans))
            for each in request.resource_spans
        )
    if isinstance(request, ExportLogsServiceRequest):
        return sum(
            _around(
                each.resource, each.schema_url, ((scope.scope, len(scope.log_records)) for scope in each.scope_logs)
            )
            for each in request.resource_logs
        )
    return _around_points(request)


def _around(resource: "Resource", schema_url: str, scopes: "Iterable[tuple[InstrumentationScope, int]]") -> int:
    found = items = 0
    for scope, count in scopes:
        items += count
        if count >= _FEW:
            found += count * scope.ByteSize()
    return found + items * (resource.ByteSize() + len(schema_url)) if items >= _FEW else found


def _around_points(request: ExportMetricsServiceRequest) -> int:
    found = 0
    for resource in request.resource_metrics:
        scopes = []
        for scope in resource.scope_metrics:
            points = 0
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                count = len(getattr(metric, kind).data_points) if kind else 0
                points += count
                if count >= _FEW:
                    found += count * (len(metric.name) + len(metric.description) + len(metric.unit))
            scopes.append((scope.scope, points))
        found += _around(resource.resource, resource.schema_url, scopes)
    return found
