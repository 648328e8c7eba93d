"""What is broken in a window: its causes, each with how far it reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import func, select, union

from spanwise_collector.diagnose.causes import Cause, causes
from spanwise_collector.query.diagnosis import Accused, Question, Verdict, Window, verdict
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, log_patterns, span_stats, traces

_VERBS: Final = {
    "slow": "is slow",
    "failing": "fails",
    "silent": "is silent",
    "overloaded": "cannot keep up",
    "changed": "behaves differently",
}


Outcome = Literal["looked", "nothing came", "not enough history", "failed", "not yet"]


@dataclass(frozen=True, slots=True)
class Look:
    """The last look at a project: when, how it went, at which window against which baseline, and how long it took."""

    time: int
    outcome: Outcome
    window: Window | None = None
    baseline: Window | None = None
    took: int = 0
    error: str = ""


NOT_YET: Final = Look(0, "not yet")


@dataclass(frozen=True, slots=True)
class Broken:
    """A cause with its sentence; `services` are those that its requests pass through, the culprit first."""

    accused: Accused
    sentence: str
    services: tuple[str, ...]
    traces_per_minute: float


def active(engine: Engine, since: int) -> list[str]:
    """Projects from which anything has come that happened since then."""
    found = union(
        *(
            select(table.c.project).where(table.c.minute >= since // MINUTE).group_by(table.c.project)
            for table in (span_stats, log_patterns)
        )
    ).subquery()
    return sorted(row.project for row in engine.read(select(found.c.project)))


def broken(engine: Engine, project: str, question: Question) -> tuple[list[Broken], Verdict]:
    """The causes of what is unusual in a window, the strongest first."""
    asked = question.asked
    judged = verdict(engine, project, question)
    if not judged.enough_history:
        return [], judged
    by_culprit = {(each.culprit.service, each.culprit.instance): each for each in judged.accused}
    found = []
    for cause in causes([each.culprit for each in judged.accused], judged.rows, question.thresholds):
        accused = by_culprit[cause.culprit.service, cause.culprit.instance]
        found.append(_broken(engine, project, asked, cause, accused, judged.accused))
    return found, judged


def _broken(
    engine: Engine, project: str, asked: Window, cause: Cause, accused: Accused, all_accused: Sequence[Accused]
) -> Broken:
    service = cause.culprit.service
    siblings = {each.culprit.instance for each in all_accused if each.culprit.service == service}
    # One of several instances is worth naming where it is the only one that deviates.
    alone = cause.culprit.instance and len(siblings) == 1 and accused.sibling_count > 1
    who = f"{service} ({cause.culprit.instance})" if alone else service
    minutes = max(1e-3, (asked.end - max(asked.start, accused.since)) / MINUTE)
    return Broken(
        accused=accused,
        sentence=" ".join([f"{who} {_VERBS[accused.kind]}: {accused.claim}", *_coinciding(accused)]),
        services=(service, *cause.reached),
        traces_per_minute=round(
            _traces(engine, project, service, max(asked.start, accused.since), asked.end) / minutes, 1
        ),
    )


def _coinciding(accused: Accused) -> list[str]:
    """What coincides, where the claim does not have it already."""
    found = [] if accused.kind == "changed" else accused.coincides or []
    return [each.sentence for each in found[:1]]


def _traces(engine: Engine, project: str, service: str, start: int, end: int) -> int:
    """How many traces that began in the window have a span of the service."""
    columns = traces.c
    query = select(func.uniqExact(columns.trace_id).label("n")).where(
        columns.project == project,
        columns.minute >= start // MINUTE,
        columns.minute <= end // MINUTE,
        columns.start_time_unix_nano >= start,
        columns.start_time_unix_nano < end,
        func.has(func.mapKeys(columns.spans), service),
    )
    return int(engine.read(query)[0].n)
