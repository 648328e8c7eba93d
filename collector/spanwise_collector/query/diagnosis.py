"""The verdict on a window: which baseline it is held against, and what the diagnosis makes of both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from spanwise_collector.diagnose.blame import Blame, Kind
from spanwise_collector.diagnose.claims import claim
from spanwise_collector.diagnose.coincidence import Coincidence, Deploy
from spanwise_collector.diagnose.features import BUCKETS, Row
from spanwise_collector.diagnose.log_counts import Logged, Pattern
from spanwise_collector.diagnose.onset import Shown, evidence, evidence_of_records, onset, onset_of_records
from spanwise_collector.diagnose.ranks import by_operation, by_service
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.diagnose.traffic import Traffic, traffic
from spanwise_collector.diagnose.verdict import Culprit, judge
from spanwise_collector.query import traces
from spanwise_collector.query.coincidences import Around, Suspect, coincidences
from spanwise_collector.query.diagnosis_logged import Stretch, logged
from spanwise_collector.query.diagnosis_window import Counted, Selection, rows
from spanwise_collector.query.language.tree import EVERYTHING, Node
from spanwise_collector.query.overloads import Loaded, overload
from spanwise_collector.query.quiet import quiet_time
from spanwise_collector.query.together import both
from spanwise_collector.query.traces import TraceSearch
from spanwise_collector.store import Engine

_DAY: Final = 86_400_000_000_000
_CULPRITS: Final = 20
_LEAST_SCORE: Final = 0.01
MOST_MATCHING: Final = 3_000
"""Of the traces that a query asks for the newest so many are counted: their ids go along with each question."""

# No trace has this id.
_NOBODY: Final = "0" * 32
_NOTHING_COINCIDES: Final = "No deploy that was noted, no new version and no attribute coincides with it."
Source = Literal["given", "before", "day before", "none"]


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` (inclusive) to `end` (exclusive)."""

    start: int
    end: int
    traces: int = 0
    spans: int = 0
    records: int = 0


@dataclass(frozen=True, slots=True)
class Accused:
    """A culprit with its claims in words, since when, and the spans that show it.

    `sibling_count`: how many instances its service has in the window, itself included. `coincides`: what came when
    it began, or sets its deviating spans apart, the surest first; None where it hardly stands out and nobody looked.
    `overload`: why its slowness is that.
    """

    culprit: Culprit
    claims: list[str]
    since: int
    evidence: list[Shown]
    sibling_count: int
    coincides: Sequence[Coincidence] | None = None
    overload: str | None = None

    @property
    def kind(self) -> Kind:
        """What is wrong with it: slowness that comes of too much work is overload."""
        return self.culprit.leading.kind if self.overload is None else "overloaded"

    @property
    def claim(self) -> str:
        """The leading claim; of overload why it is that, of what changed with what coincides."""
        if self.overload is not None:
            return f"{self.claims[0]} {self.overload}"
        if self.kind != "changed" or self.coincides is None:
            return self.claims[0]
        what = self.coincides[0].sentence if self.coincides else _NOTHING_COINCIDES
        return f"{self.claims[0]} {what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who is to blame in a window, best first, and what was looked at. `notable`: whether anything stands out.

    `baseline_slices`: in how many of its twelve slices the baseline has log records.
    """

    window: Window
    baseline: Window
    baseline_source: Source
    accused: list[Accused]
    services_accused: list[Accused]
    operations_accused: list[Accused]
    notable: bool
    rows: list[Row]
    instances: int
    operations: int
    edges: int
    unknown_operations: int
    templates: int
    sample: int
    matching: bool
    baseline_slices: int
    traffic: Sequence[Traffic] = ()
    thresholds: Thresholds = DEFAULTS

    @property
    def enough_history(self) -> bool:
        """Whether the baseline has traces, or log records, enough to say what is usual.

        Where the window has traces, records count that were written over half of the baseline: a system that has just
        started has written some, and has had no requests.
        """
        if self.baseline.traces >= self.thresholds.history_traces:
            return True
        lasting = not self.window.traces or self.baseline_slices >= BUCKETS // 2
        return lasting and self.baseline.records >= self.thresholds.history_traces


@dataclass(frozen=True, slots=True)
class Question:
    """Which window is asked about, against which; only the traces that are as `where`, only culprits of `service`.

    `troubled`: times (from, until) in which something was broken, and which are no baseline therefore. `deploys`
    are those that were noted about the window. `thresholds`: from when on something is unusual.
    """

    asked: Window
    baseline: Window | None = None
    where: Node = EVERYTHING
    service: str | None = None
    troubled: Sequence[tuple[int, int]] = ()
    deploys: Sequence[Deploy] = ()
    thresholds: Thresholds = DEFAULTS


def verdict(engine: Engine, project: str, question: Question) -> Verdict:
    """Judge the traces that began, and the records that were written, in a window.

    Without a baseline: as long a quiet time before it, else a day earlier.
    """
    asked, service, thresholds = question.asked, question.service, question.thresholds
    counting = _Counting(engine, project, question.where)
    now, (usual, against, source) = both(lambda: counting.rows(asked), lambda: _baseline(counting, question))
    before, after = (Stretch(each.start, each.end, counting.ids(each)) for each in (against, asked))
    gaps = not usual.rows and not now.rows
    said_before, said = logged(engine, project, (before, after), thresholds.history_traces, gaps=gaps)
    said_before.span_sample, said.span_sample = usual.sample, now.sample
    judged = judge(usual.rows, now.rows, said_before, said, thresholds)
    culprits = [each for each in judged if each.score >= _LEAST_SCORE]
    if service is not None:
        culprits = [each for each in culprits if each.service == service]
    shown = culprits[:_CULPRITS]
    seen = _Seen(now.rows, said_before, said, asked)
    accused = [_accused(each, seen) for each in shown]
    loaded = (
        Loaded((against.start, against.end), usual.rows, usual.sample),
        Loaded((asked.start, asked.end), now.rows, now.sample),
    )
    accused = [_weighed(engine, project, each, loaded, thresholds) for each in accused]
    notable = [each for each in accused if each.culprit.score >= thresholds.notable_score]
    within = (asked.end - asked.start) // BUCKETS
    around = Around((asked.start, asked.end), (against.start, against.end), within, question.deploys)
    suspects = [Suspect(each.culprit.leading, each.since) for each in notable]
    found = coincidences(engine, project, suspects, around)
    accused[: len(notable)] = [replace(each, coincides=what) for each, what in zip(notable, found, strict=True)]
    old, seen_now = usual.operations(), now.operations()
    return Verdict(
        window=Window(asked.start, asked.end, now.traces, now.spans(), said.records.total()),
        baseline=Window(against.start, against.end, usual.traces, usual.spans(), said_before.records.total()),
        baseline_source=source if usual.traces or said_before.records else "none",
        accused=accused,
        services_accused=[_as_told(_accused(each, seen), accused) for each in by_service(culprits)[:_CULPRITS]],
        operations_accused=[
            _as_told(_accused(each, seen), accused)
            for each in by_operation(culprits)[:_CULPRITS]
            if each.score >= _LEAST_SCORE
        ],
        notable=bool(culprits) and culprits[0].score >= thresholds.notable_score,
        rows=now.rows,
        instances=len({(row.service, row.instance) for row in now.rows} | set(said.records)),
        operations=len(seen_now),
        edges=len({(row.service, row.other_service) for row in now.rows if row.what == "edge"}),
        unknown_operations=len(seen_now - old),
        sample=now.sample,
        matching=counting.complete,
        baseline_slices=said_before.slices,
        traffic=traffic(
            usual.rows, now.rows, (loaded[0].slice, loaded[1].slice), (usual.sample, now.sample), thresholds
        ),
        templates=len({(row.service, row.template) for row in said.rows}),
        thresholds=thresholds,
    )


class _Counting:
    """Counts the traces that are as `where`; `complete` until there were more of them than are looked at."""

    def __init__(self, engine: Engine, project: str, where: Node) -> None:
        self._engine = engine
        self._project = project
        self._where = where
        self._ids: dict[tuple[int, int], str] = {}
        self._whole: dict[tuple[int, int], bool] = {}

    @property
    def complete(self) -> bool:
        return all(self._whole.values())

    def rows(self, window: Window) -> Counted:
        """The counts of a window."""
        ids = self.ids(window)
        if ids == _NOBODY:
            return Counted([], 0)
        return rows(self._engine, self._project, Selection(window.start, window.end, ids))

    def ids(self, window: Window) -> str:
        """The ids of the newest traces that are as asked, as hex; "" for all."""
        if self._where == EVERYTHING:
            return ""
        key = window.start, window.end
        if key not in self._ids:
            search = TraceSearch(self._project, window.start, window.end, self._where, limit=MOST_MATCHING)
            page = traces.search(self._engine, search)
            self._whole[key] = page.reason == "end"
            self._ids[key] = "".join(each.trace_id for each in page.items) or _NOBODY
        return self._ids[key]


def _baseline(counting: _Counting, question: Question) -> tuple[Counted, Window, Source]:
    asked, given = question.asked, question.baseline
    if given is not None:
        return counting.rows(given), given, "given"
    before = Window(*quiet_time(question.troubled, asked.start, asked.end - asked.start))
    found = counting.rows(before)
    if found.traces >= question.thresholds.history_traces or asked.start < _DAY:
        return found, before, "before"
    earlier = Window(asked.start - _DAY, max(asked.end - _DAY, asked.start - _DAY + 1))
    a_day_before = counting.rows(earlier)
    if a_day_before.traces > found.traces:
        return a_day_before, earlier, "day before"
    return found, before, "before"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What culprits are shown by: the rows and the records of the window, and the records of its baseline."""

    rows: list[Row]
    said_before: Logged
    said: Logged
    asked: Window


def _weighed(
    engine: Engine, project: str, each: Accused, loaded: tuple[Loaded, Loaded], thresholds: Thresholds
) -> Accused:
    """The same, told to be overloaded where it stands out as slow and has too much to do."""
    leading = each.culprit.leading
    if each.culprit.score < thresholds.notable_score or leading.kind != "slow":
        return each
    return replace(each, overload=overload(engine, project, leading, each.since, loaded, thresholds))


def _as_told(each: Accused, accused: Sequence[Accused]) -> Accused:
    """The same, of what one of the accused is blamed for first: told as that one."""
    told = next((one for one in accused if one.culprit.leading == each.culprit.leading), each)
    return replace(each, coincides=told.coincides, overload=told.overload)


def _accused(culprit: Culprit, seen: _Seen) -> Accused:
    strongest: dict[str, str] = {}
    worth_telling = [blame for blame in culprit.blames if blame.strength >= culprit.leading.strength / 8]
    for blame in worth_telling:
        strongest.setdefault(blame.rule, claim(blame))
    # What is gone or silent shows in nothing of its own: another blame may.
    told = [_shown(blame, seen) for blame in worth_telling]
    evidence_of_it = next((shown for _, shown in told if shown), [])
    siblings = len({row.instance for row in seen.rows if row.service == culprit.service})
    return Accused(culprit, list(strongest.values()), told[0][0], evidence_of_it, siblings)


def _shown(blame: Blame, seen: _Seen) -> tuple[int, list[Shown]]:
    """Since when a deviation is seen, and the spans or log records that show it: of what is gone, those of before."""
    start, end = seen.asked.start, seen.asked.end
    if isinstance(blame.measured, Pattern):
        if blame.rule in ("log_gone", "log_silent"):
            return start, evidence_of_records(seen.said_before, blame)
        return onset_of_records(seen.said, blame, start, end), evidence_of_records(seen.said, blame)
    known = seen.said.gaps if blame.rule == "log_gap" else seen.rows
    return onset(known, blame, start, end), evidence(known, blame)
