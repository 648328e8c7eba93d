"""The verdict on a window: which baseline it is held against, and what the diagnosis makes of both."""

from dataclasses import dataclass
from typing import Final, Literal

from spanwise_collector.diagnose.claims import claim
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.onset import Shown, evidence, onset
from spanwise_collector.diagnose.verdict import NOTABLE, Culprit, judge
from spanwise_collector.query.diagnosis_window import Counted, Selection, rows
from spanwise_collector.store import Engine

_DAY: Final = 86_400_000_000_000
FEWEST_TRACES: Final = 30
_CULPRITS: Final = 20
_LEAST_SCORE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` (inclusive) to `end` (exclusive)."""

    start: int
    end: int
    traces: int = 0
    spans: int = 0


@dataclass(frozen=True, slots=True)
class Accused:
    """A culprit with its claims in words, since when, and the spans that show it.

    `sibling_count`: how many instances its service has in the window, itself included.
    """

    culprit: Culprit
    claims: list[str]
    since: int
    evidence: list[Shown]
    sibling_count: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who is to blame in a window, best first, and what was looked at. `notable`: whether anything stands out."""

    window: Window
    baseline: Window
    baseline_source: Literal["given", "before", "day before", "none"]
    accused: list[Accused]
    notable: bool
    rows: list[Row]
    instances: int
    operations: int
    edges: int
    unknown_operations: int

    @property
    def enough_history(self) -> bool:
        """Whether the baseline has traces enough to say what is usual."""
        return self.baseline.traces >= FEWEST_TRACES


def verdict(
    engine: Engine, project: str, asked: Window, baseline: Window | None = None, service: str | None = None
) -> Verdict:
    """Judge the traces that began in a window. Without a baseline: as long a time before it, else a day earlier."""
    now = rows(engine, project, Selection(asked.start, asked.end))
    usual, against, source = _baseline(engine, project, asked, baseline)
    culprits = [each for each in judge(usual.rows, now.rows) if each.score >= _LEAST_SCORE]
    if service is not None:
        culprits = [each for each in culprits if each.service == service]
    old = {(row.service, row.operation) for row in usual.rows}
    return Verdict(
        window=Window(asked.start, asked.end, now.traces, _spans(now)),
        baseline=Window(against.start, against.end, usual.traces, _spans(usual)),
        baseline_source=source,
        accused=[_accused(each, now, asked) for each in culprits[:_CULPRITS]],
        notable=bool(culprits) and culprits[0].score >= NOTABLE,
        rows=now.rows,
        instances=len({(row.service, row.instance) for row in now.rows}),
        operations=len({(row.service, row.operation) for row in now.rows}),
        edges=len({(row.service, row.other_service) for row in now.rows if row.what == "edge"}),
        unknown_operations=len({(row.service, row.operation) for row in now.rows} - old),
    )


def _baseline(
    engine: Engine, project: str, asked: Window, given: Window | None
) -> tuple[Counted, Window, Literal["given", "before", "day before", "none"]]:
    if given is not None:
        return rows(engine, project, Selection(given.start, given.end)), given, "given"
    length = asked.end - asked.start
    before = Window(max(0, asked.start - length), asked.start)
    found = rows(engine, project, Selection(before.start, before.end))
    if found.traces >= FEWEST_TRACES or asked.start < _DAY:
        return found, before, "before" if found.traces else "none"
    earlier = Window(asked.start - _DAY, max(asked.end - _DAY, asked.start - _DAY + 1))
    a_day_before = rows(engine, project, Selection(earlier.start, earlier.end))
    if a_day_before.traces > found.traces:
        return a_day_before, earlier, "day before"
    return found, before, "before" if found.traces else "none"


def _spans(counted: Counted) -> int:
    return sum(row.n for row in counted.rows if row.what == "end" and not row.other_service)


def _accused(culprit: Culprit, now: Counted, asked: Window) -> Accused:
    strongest: dict[str, str] = {}
    for blame in culprit.blames:
        if blame.strength >= culprit.leading.strength / 8:
            strongest.setdefault(blame.rule, claim(blame))
    return Accused(
        culprit,
        list(strongest.values()),
        onset(now.rows, culprit.leading, asked.start, asked.end),
        evidence(now.rows, culprit.leading),
        len({row.instance for row in now.rows if row.service == culprit.service}),
    )
