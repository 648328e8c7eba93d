"""The answer to a window's diagnosis."""

from typing import Literal

from pydantic import Field

from spanwise_collector.api.models import Answer
from spanwise_collector.query import diagnosis


class WindowEvidence(Answer):
    kind: Literal["span", "log"]
    trace_id: str = Field(description='"" for a log record that names no trace.')
    span_id: str
    service: str
    instance: str
    operation: str
    time_unix_nano: int | None = Field(description="Of a log record.")
    text: str = Field(description="Of a log record, or of one like it.")


class WindowCoincidence(Answer):
    kind: Literal["deploy", "version", "attribute"] = Field(
        description="A deploy that was noted; a version, image or commit that the baseline does not have; an attribute"
        " that the deviating spans have and others have not."
    )
    key: str
    value: str
    since_unix_nano: int = Field(description="When it was noted, or is seen first.")
    sentence: str
    deploy_id: int | None = Field(description="Of /api/v1/deploys.")
    evidence: WindowEvidence | None = Field(description="The first span or log record that has it; None of a deploy.")


class WindowRank(Answer):
    rank: int
    service: str
    instance: str = Field(description='"" in the ranking of services.')
    operation: str = Field(description="The one that it shows in most.")
    score: float = Field(description="From 0 to 1; not to be compared with that of another list.")
    notable: bool = Field(description="Whether it stands out: its score reaches the threshold `notable_score`.")
    kind: Literal["slow", "failing", "silent", "overloaded", "changed"]
    claim: str
    since: int = Field(description="In ns since the epoch.")
    evidence: list[WindowEvidence]


class WindowCulprit(WindowRank):
    claims: list[str] = Field(description="Everything that it is blamed for, the strongest first.")
    since_unix_nano: int
    coincides: list[WindowCoincidence] = Field(
        description="What came to its service when it began, or sets what deviates apart: it may have brought it about."
    )


class CheckedWindow(Answer):
    start_time_unix_nano: int
    end_time_unix_nano: int
    trace_count: int
    span_count: int
    record_count: int


class Checked(Answer):
    window: CheckedWindow
    baseline: CheckedWindow
    baseline_source: Literal["given", "before", "day before", "none"]
    instances: int
    operations: int
    edges: int
    unknown_operations: int = Field(description="Operations not in the baseline: only their failures are judged.")
    sample: int = Field(description="One in so many traces was counted; 1: all. Log records are counted all.")
    complete: bool = Field(
        description=f"Whether all traces that `q` asks for were counted; else the newest {diagnosis.MOST_MATCHING:,}."
    )
    templates: int = Field(description="Templates of log records in the window.")
    rules: list[str]
    thresholds: dict[str, float] = Field(description="Those that are set otherwise than by default (--threshold).")


class TrafficChange(Answer):
    """Requests of an operation that nobody calls who is traced."""

    service: str
    operation: str
    usual: float = Field(description="Requests a second in the baseline.")
    now: float = Field(description="Requests a second in the window, since they changed.")
    since_unix_nano: int
    claim: str


class WindowVerdict(Answer):
    verdict: Literal["culprit", "nothing unusual", "not enough history", "no traces"]
    summary: str
    traffic: list[TrafficChange] = Field(
        description="Where requests come in and there are twice as many or half as many: no fault of a service."
    )
    culprits: list[WindowCulprit] = Field(description="Instances, the best first, with all that is known of them.")
    services: list[WindowRank] = Field(description="The best first; each with what all its instances are blamed for.")
    instances: list[WindowRank] = Field(description="The culprits in short.")
    operations: list[WindowRank] = Field(description="The best first; each with what starts with it in one instance.")
    checked: Checked
