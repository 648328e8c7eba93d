"""What the API answers with. Times are ns since the epoch, durations and offsets are ns, ids are lower-case hex."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from spanwise_collector.errors import reasons
from spanwise_collector.model.metric import MetricKind
from spanwise_collector.model.span import Kind, StatusCode
from spanwise_collector.store.errand import rows_scanned, time_taken

KindWord = Kind | Literal["unknown"]
KIND_NUMBER: Final = "The kind as it was sent: OpenTelemetry may come to define others."


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Listing(Answer, json_schema_serialization_defaults_required=True):
    """What a list covers; every field is always there."""

    returned: int = Field(description="Items in this answer.")
    total: int = Field(description="Items there are, as far as this answer had to look.")
    total_relation: Literal["eq", "gte"] = Field(description="Whether `total` is exact or a lower bound.")
    reason: Literal["end", "limit"] = Field(description="Why the list ends here: no more, or its limit.")
    next_cursor: str | None = Field(default=None, description="Pass it as `cursor` to go on.")
    rows_scanned: int = Field(default_factory=rows_scanned, description="Rows that the store has read for it.")
    time: int = Field(default_factory=time_taken, description="How long it took, in ns.")


class Hint(Answer):
    key: str = Field(description="As it stands in the query.")
    message: str
    suggestions: list[str] = Field(description="Keys that were probably meant, the likeliest first.")


class Searched(Listing):
    """An answer to a query."""

    hints: list[Hint] = Field(
        default_factory=list, description="Of the first page: keys of the query that nothing has which is kept."
    )


class ServiceCount(Answer):
    name: str
    span_count: int
    error_count: int


class TraceSummary(Answer):
    trace_id: str
    root_service: str | None = Field(description="None while no span without a parent has arrived.")
    root_name: str | None
    start_time_unix_nano: int
    end_time_unix_nano: int
    duration: int
    span_count: int
    error_count: int
    services: list[ServiceCount] = Field(description="The busiest first.")


class TraceList(Searched):
    traces: list[TraceSummary]


class EntityRef(Answer):
    type: str
    id_keys: list[str]
    description_keys: list[str]
    schema_url: str


class Resource(Answer):
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    schema_url: str
    entity_refs: list[EntityRef]


class InstrumentationScope(Answer):
    name: str
    version: str
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    schema_url: str


class Status(Answer):
    code: StatusCode | Literal["unknown"]
    code_number: int = Field(description="The code as it was sent.")
    message: str
    failed: bool = Field(description="Whether the span failed: by its code, or where that is unset by its answer.")


class Event(Answer):
    time_unix_nano: int
    offset: int = Field(description="Since the trace's start.")
    name: str
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int


class Link(Answer):
    trace_id: str
    span_id: str
    trace_state: str
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    flags: int


class LogRecord(Answer):
    time_unix_nano: int
    time_source: Literal["event", "observed", "received"] = Field(description="Where `time_unix_nano` comes from.")
    observed_time_unix_nano: int
    severity_number: int
    severity_text: str
    service: str
    instance: str
    trace_id: str | None
    span_id: str | None
    inferred: bool = Field(
        description="The record came without ids, and these are of the only trace that was active in its instance."
    )
    body: JsonValue
    event_name: str
    pattern: str | None = Field(description="Its form: `pattern:` and /api/v1/patterns take it as a template's id.")
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    flags: int
    resource: Resource
    scope: InstrumentationScope


class LogList(Searched):
    logs: list[LogRecord]


class Metric(Answer):
    name: str
    kind: MetricKind
    unit: str
    description: str
    services: list[str]
    point_count: int


class MetricList(Listing):
    metrics: list[Metric]


class MetricPoint(Answer):
    time_unix_nano: int = Field(description="Where the step begins.")
    value: JsonValue = Field(description="A gauge's mean, a cumulative sum's highest, a delta's total; else None.")
    count: int | None = Field(description="Of histograms and summaries.")
    sum: JsonValue


class MetricSeries(Answer):
    service: str
    instance: str
    attributes: dict[str, str]
    points: list[MetricPoint]


class MetricSeriesList(Listing):
    series: list[MetricSeries]


class CollectorStatus(Answer):
    version: str
    started_unix_nano: int
    http: str
    grpc: str
    data: str
    span_count: int = Field(description="Spans that can be searched.")
    log_count: int
    service_count: int = Field(description="Services with spans or log records.")
    accepted_spans: int = Field(description="Since the start of the collector.")
    accepted_logs: int
    refused: dict[str, int] = Field(description="Requests, and items of good requests, by reason.")
    waiting_bytes: int = Field(description="Acknowledged and not yet searchable.")
    last_store_error: str | None
    retention: int = Field(description="For how long after its arrival telemetry is kept, in ns; whole days.")
    retention_bytes: int = Field(description="Room from which on the oldest days go.")


class ErrorDetail(Answer):
    # When the document is asked for, every module has said what it refuses.
    code: str = Field(json_schema_extra=lambda schema: schema.update(enum=[*reasons()]))
    message: str
    parameter: str | None = None
    column: int | None = Field(default=None, description="Of a query: where it is wrong; 1 is its first character.")
    length: int | None = Field(default=None, description="Characters from there that are wrong.")
    expected: list[str] | None = Field(default=None, description="What could stand there.")
    suggestions: list[str] | None = Field(default=None, description="What was probably meant, the likeliest first.")
    setting: str | None = Field(default=None, description="The limit that was hit.")
    reference: str | None = Field(default=None, description="Where the collector's log tells more.")


class ErrorAnswer(Answer):
    error: ErrorDetail


def described(*codes: int) -> dict[int | str, dict[str, Any]]:
    """For a router's `responses`: these failures, in the one shape."""
    return {code: {"model": ErrorAnswer} for code in codes}
