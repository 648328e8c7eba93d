"""What the API answers about one trace."""

from typing import Literal

from pydantic import Field, JsonValue

from spanwise_collector.api.models import (
    KIND_NUMBER,
    Answer,
    Event,
    InstrumentationScope,
    KindWord,
    Link,
    Listing,
    Resource,
    ServiceCount,
    Status,
)
from spanwise_collector.trace.gaps import GapKind
from spanwise_collector.trace.lost_parents import Reason


class Span(Answer):
    span_id: str
    parent_span_id: str | None
    depth: int
    child_count: int
    descendant_count: int
    parent_missing: bool = Field(description="Its parent is not among the spans that arrived.")
    parent_missing_reason: Reason | None = Field(description="Why, most likely: docs/api.md has what each means.")
    name: str
    kind: KindWord
    kind_number: int = Field(description=KIND_NUMBER)
    service: str
    instance: str
    resource: int = Field(description="Index into `resources`.")
    scope: int = Field(description="Index into `scopes`.")
    start_time_unix_nano: int
    end_time_unix_nano: int
    start_offset: int = Field(description="Since the trace's start.")
    skew_correction: int = Field(description="Added to its times, they are by the root's clock; 0: nothing to correct.")
    corrected_start_time_unix_nano: int = Field(description="Its start with that; all other times are as they came.")
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


class Gap(Answer):
    span_id: str = Field(description="Whose gap it is: what began late, or has time that no span below covers.")
    service: str
    name: str
    start: int = Field(description="Since the trace's start, as `end`; clocks are not corrected.")
    end: int
    kind: GapKind
    reason: str = Field(description="Why it is taken for that, in a sentence.")


class Clock(Answer):
    host: str = Field(description="host.id, host.name or k8s.node.name of its resources, else instance or service.")
    services: list[str]
    span_count: int
    correction: int = Field(description="In ns, for the times of this host: docs/clocks.md.")
    uncertainty: int | None = Field(description="In ns, to either side; None where nothing is corrected, or not known.")
    against: str | None = Field(description="The host that it was held against; None: others were held against it.")
    calls: int = Field(description="Calls between the two.")
    evidence: Literal["begins before its caller", "ends after its caller"] | None = Field(
        description="What shows that the clocks disagree; None: they may agree, and nothing is corrected."
    )


class TraceFacts(Listing):
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


class Trace(TraceFacts):
    clocks: list[Clock] = Field(description="Of every host; times are never corrected in place.")
    resources: list[Resource]
    scopes: list[InstrumentationScope]
    spans: list[Span] = Field(description="In display order: depth first, siblings by start.")
    gaps: list[Gap] = Field(
        description="Of which no span tells, the longest first, 200 at most: those of 1 ms and of 1% of the trace on."
    )
    gap_count: int = Field(description="How many there are that long.")
