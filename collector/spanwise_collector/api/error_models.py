"""What the API says of errors."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from spanwise_collector.api import present
from spanwise_collector.api.models import Answer, Listing, LogRecord
from spanwise_collector.grouping import stack_traces
from spanwise_collector.model import log
from spanwise_collector.model.error_state import State, Until
from spanwise_collector.query.error_group import STEPS, Group
from spanwise_collector.query.patterns import Range
from spanwise_collector.store.tables import MINUTE

_FRAMES = 100


class Frame(Answer):
    file: str
    line: int | None = Field(description="None where the stack trace does not say it.")
    function: str
    library: bool = Field(description="Not of the application, as its path or its package tells.")


class ServiceErrors(Answer):
    name: str
    count: int


class VersionErrors(Answer):
    version: str = Field(description='"" where the resource has no service.version.')
    count: int
    first_seen_unix_nano: int
    last_seen_unix_nano: int


class ErrorCount(Answer):
    time_unix_nano: int = Field(description="Where the step begins.")
    count: int


class ErrorSample(Answer):
    time_unix_nano: int
    service: str
    trace_id: str | None
    span_id: str | None
    in_logs: bool = Field(description="It was logged, and is not of a span.")


class Judgement(Answer):
    state: State
    until: Until = Field(description="What reopens it.")
    time_unix_nano: int
    actor: str


class ErrorSummary(Answer):
    fingerprint: str
    type: str = Field(description='"" where nothing says it.')
    message: str = Field(description="`<*>` stands for what varies.")
    example: str = Field(description="The message of the last one, at most 1,024 bytes of it.")
    operation: str = Field(description='Of a span that failed without an exception; "" where there was one.')
    top: Frame | None = Field(description="The innermost frame of the application, else of all.")
    count: int = Field(description="In the range, as are all counts.")
    log_count: int = Field(description="How many of them were logged; the others are of spans.")
    first_seen_unix_nano: int = Field(description="Of all that is kept, not only of the range.")
    last_seen_unix_nano: int
    state: State
    regressed: bool = Field(description="It was muted or resolved, and has come again since.")
    judgement: Judgement | None = Field(description="What somebody has said of it last.")
    services: list[ServiceErrors] = Field(description="The most first.")
    versions: list[VersionErrors] = Field(description="In the order in which they were first seen with it.")
    counts: list[ErrorCount] = Field(description="Steps without any are left out.")
    samples: list[ErrorSample] = Field(description="Some of the last ones, the newest first.")


class ErrorList(Listing):
    errors: list[ErrorSummary]
    start_unix_nano: int = Field(description="The range that was counted, in whole minutes.")
    end_unix_nano: int
    step: int = Field(description="Of `counts`, in ns: a minute or, of a long range, as many as make 120 steps.")


class ErrorGroup(ErrorSummary):
    stack: str = Field(description="The last one's stack trace, at most 16 KiB of it.")
    frames: list[Frame] = Field(description="Of a stack trace of this error, the innermost first, at most 100.")
    frame_count: int
    logs: list[LogRecord] = Field(
        description="What was logged in the newest sample's trace, at most 20, and the samples that were logged."
    )
    start_unix_nano: int = Field(description="The range that was counted, in whole minutes.")
    end_unix_nano: int
    step: int = Field(description="Of `counts`, in ns.")


def summary(group: Group) -> ErrorSummary:
    """A group as it stands in the list."""
    return ErrorSummary(**_summary(group))


def details(group: Group, within: Range, logs: Sequence[log.LogRecord]) -> ErrorGroup:
    """A group with all that is known of it."""
    frames = group.error.frames
    return ErrorGroup(
        **_summary(group),
        stack=group.stack,
        frames=[_frame(each) for each in frames[:_FRAMES]],
        frame_count=len(frames),
        logs=[present.log_record(each) for each in logs],
        start_unix_nano=within.first * MINUTE,
        end_unix_nano=within.last * MINUTE,
        step=within.step(STEPS) * MINUTE,
    )


def _summary(group: Group) -> dict[str, Any]:
    stands, judged, last_seen = group.standing, group.judged, group.last_seen_in
    first_seen = sorted(group.first_seen_in.items(), key=lambda each: (each[1], each[0]))
    said = judged and Judgement(
        state=judged.state, until=judged.until, time_unix_nano=judged.changed, actor=judged.actor
    )
    return {
        "fingerprint": group.error.fingerprint,
        "type": group.error.type,
        "message": group.error.message,
        "example": group.example,
        "operation": group.error.operation,
        "top": group.top and _frame(group.top),
        "count": group.count,
        "log_count": group.log_count,
        "first_seen_unix_nano": group.first_seen,
        "last_seen_unix_nano": group.last_seen,
        "state": stands.state,
        "regressed": stands.regressed,
        "judgement": said,
        "services": [
            ServiceErrors(name=name, count=count)
            for name, count in sorted(group.services.items(), key=lambda each: (-each[1], each[0]))
        ],
        "versions": [
            VersionErrors(
                version=version,
                count=group.versions.get(version, 0),
                first_seen_unix_nano=first,
                last_seen_unix_nano=last_seen[version],
            )
            for version, first in first_seen
        ],
        "counts": [
            ErrorCount(time_unix_nano=minute * MINUTE, count=count) for minute, count in sorted(group.counts.items())
        ],
        "samples": [
            ErrorSample(
                time_unix_nano=each.time,
                service=each.service,
                trace_id=each.trace_id or None,
                span_id=each.span_id or None,
                in_logs=each.in_logs,
            )
            for each in group.samples
        ],
    }


def _frame(frame: stack_traces.Frame) -> Frame:
    return Frame(file=frame.file, line=frame.line or None, function=frame.function, library=frame.library)
