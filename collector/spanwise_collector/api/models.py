"""What the API answers with. Times are ns since the epoch, durations and offsets are ns, ids are lower-case hex."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Listing(Answer):
    """What a list covers."""

    returned: int = Field(description="Items in this answer.")
    total: int = Field(description="Items there are, as far as this answer had to look.")
    total_relation: Literal["eq", "gte"] = Field(description="Whether `total` is exact or a lower bound.")
    reason: Literal["end", "limit"] = Field(description="Why the list ends here: no more, or its limit.")
    next_cursor: str | None = Field(default=None, description="Pass it as `cursor` to go on.")


class ServiceCount(Answer):
    name: str
    span_count: int
    error_count: int


class Operation(Answer):
    name: str
    span_count: int


class Service(ServiceCount):
    request_count: int = Field(description="Spans by which work enters the service.")
    request_error_count: int
    p50: int | None = Field(description="Of the duration of requests; None without any that ended.")
    p95: int | None
    p99: int | None
    last_seen_unix_nano: int
    operations: list[Operation] = Field(description="The 100 most frequent.")


class ServiceList(Listing):
    services: list[Service]


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


class TraceList(Listing):
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


class Scope(Answer):
    name: str
    version: str
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    schema_url: str


class Status(Answer):
    code: str
    message: str


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


class Span(Answer):
    span_id: str
    parent_span_id: str | None
    depth: int
    child_count: int
    descendant_count: int
    parent_missing: bool = Field(description="Its parent is not among the spans that arrived.")
    name: str
    kind: str
    service: str
    instance: str
    resource: int = Field(description="Index into `resources`.")
    scope: int = Field(description="Index into `scopes`.")
    start_time_unix_nano: int
    end_time_unix_nano: int
    start_offset: int = Field(description="Since the trace's start.")
    duration: int
    self_time: int = Field(description="What no child covers.")
    critical: list[tuple[int, int]] = Field(description="Its sections of the critical path, since the trace's start.")
    unfinished: bool
    status: Status
    trace_state: str
    flags: int
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    events: list[Event]
    dropped_events_count: int
    links: list[Link]
    dropped_links_count: int
    warnings: list[str] = Field(description="What is odd about it, in sentences.")


class Trace(Listing):
    trace_id: str
    start_time_unix_nano: int
    end_time_unix_nano: int
    duration: int
    root_service: str | None
    root_name: str | None
    span_count: int
    error_count: int
    missing_parents: int
    log_count: int
    services: list[ServiceCount]
    resources: list[Resource]
    scopes: list[Scope]
    spans: list[Span] = Field(description="In display order: depth first, siblings by start.")


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
    body: JsonValue
    event_name: str
    attributes: dict[str, JsonValue]
    dropped_attributes_count: int
    flags: int
    resource: Resource
    scope: Scope


class LogList(Listing):
    logs: list[LogRecord]


class Metric(Answer):
    name: str
    kind: str
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
    service_count: int
    accepted_spans: int = Field(description="Since the start of the collector.")
    accepted_logs: int
    refused: dict[str, int] = Field(description="Requests, and items of good requests, by reason.")
    waiting_bytes: int = Field(description="Acknowledged and not yet searchable.")
    last_store_error: str | None


class ArrivalCount(Answer):
    signal: str
    protocol: str
    accepted: int
    rejected: int = Field(description="Invalid items taken out of requests that were accepted.")
    repeated: int = Field(description="Items that were sent again and not stored again.")


class Refusal(Answer):
    signal: str
    protocol: str
    reason: str
    requests: int


class Sender(Answer):
    service: str
    instance: str
    span_count: int
    error_count: int
    last_seen_unix_nano: int


class SetAside(Answer):
    segment: str
    reason: str


class CollectorHealth(Answer):
    """What arrived, from whom, what was refused and why; counts since the start of the collector."""

    status: Literal["ok", "trouble"]
    sentences: list[str] = Field(description="What a person should know, the gravest first; empty when all is well.")
    started_unix_nano: int
    arrived: list[ArrivalCount]
    refused: list[Refusal]
    senders: list[Sender] = Field(description="Instances whose spans began in the last minutes, the busiest first.")
    senders_minutes: int
    waiting_bytes: int
    waiting_limit_bytes: int
    lag_seconds: float
    stored_bytes: int
    memory_bytes: int
    set_aside: list[SetAside] = Field(description="Segments that the store would not take.")


class ErrorDetail(Answer):
    code: str
    message: str
    parameter: str | None = None


class ErrorAnswer(Answer):
    error: ErrorDetail
