"""Groups of errors as they are shown: what each is, where in the code, how often, in which services and versions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import func, select, tuple_

from spanwise_collector.errors import NotFound
from spanwise_collector.grouping.errors import Error
from spanwise_collector.grouping.stack_traces import Frame
from spanwise_collector.model.error_state import Judged, Standing, standing
from spanwise_collector.model.log import LogRecord
from spanwise_collector.query.error_forms import Form, Forms
from spanwise_collector.query.language.tree import Equals, Key, Term
from spanwise_collector.query.occurrences import FROM_LOGS, LAST, Occurrences
from spanwise_collector.query.patterns import widened
from spanwise_collector.query.records import RecordSearch, search_logs
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import error_forms

STEPS: Final = 120
_LOGS: Final = 20
_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)
_SERVICE: Final = Key("field", "service")
_kept: Final = error_forms.c


@dataclass(frozen=True, slots=True)
class Sample:
    """One occurrence; ids are "" where a log record has none."""

    time: int
    service: str
    trace_id: str
    span_id: str
    in_logs: bool


@dataclass(slots=True)
class Group:
    """Errors that are one, in all the forms that they have.

    `counts` are by the minute in which a step of the range begins, only where there were any; what is counted is of
    the range. `example` and `stack` are of the last one, as they were sent.
    """

    error: Error
    forms: dict[int, Form]
    judged: Judged | None = None
    count: int = 0
    log_count: int = 0
    services: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    example: str = ""
    stack: str = ""

    @property
    def first_seen_in(self) -> dict[str, int]:
        """When each version first had it (ns), of all that is kept."""
        return _of_all(min, (each.first_seen for each in self.forms.values()))

    @property
    def last_seen_in(self) -> dict[str, int]:
        """When each version last had it (ns), of all that is kept."""
        return _of_all(max, (each.last_seen for each in self.forms.values()))

    @property
    def first_seen(self) -> int:
        return min(self.first_seen_in.values())

    @property
    def last_seen(self) -> int:
        return max(self.last_seen_in.values())

    @property
    def standing(self) -> Standing:
        return standing(self.judged, self.last_seen_in)

    @property
    def top(self) -> Frame | None:
        """The innermost frame of the application, else of all."""
        own = (each for each in self.error.frames if not each.library)
        return next(own, self.error.frames[0] if self.error.frames else None)


def groups(forms: Iterable[Form], states: Mapping[str, Judged]) -> dict[str, Group]:
    """Forms of a project as groups, by fingerprint."""
    made: dict[str, Group] = {}
    for form in forms:
        fingerprint = form.error.fingerprint
        group = made.setdefault(fingerprint, Group(form.error, {}, states.get(fingerprint)))
        group.forms[form.number] = form
    return made


def load(engine: Engine, forms: Forms, asked: Occurrences, fingerprint: str, judged: Judged | None) -> Group:
    """One group of a project, whether or not it came in the range; raises NotFound."""
    kept, _ = forms.of(asked.project)
    of_it = [form for form in kept.values() if form.error.fingerprint == fingerprint]
    if not of_it:
        raise NotFound(f"There is no error {fingerprint}: it never came, or all of it is past the retention.")
    (group,) = groups(of_it, {} if judged is None else {fingerprint: judged}).values()
    count(engine, asked, {form.number: group for form in of_it})
    describe(engine, asked, [group])
    return group


def count(engine: Engine, asked: Occurrences, of: Mapping[int, Group]) -> None:
    """Count what came in the range, by form, service, version and source.

    Where there is a condition, find the trend and the last occurrences as well: to read twice for them costs more.
    """
    if asked.where:
        meant = {signal: widened(engine, asked.project, where) for signal, where in asked.where.items()}
        asked = replace(asked, where=meant)
        query, lasts = asked.tallied(asked.within.step(STEPS)), []
    else:
        found = asked.counted()
        keys = [found.c.form, found.c.service, found.c.version, found.c.source]
        query = select(*keys, func.sum(found.c.error_count).label("errors")).group_by(*keys)
    for row in engine.read(query):
        if (group := of.get(row.form)) is not None:
            group.count += row.errors
            group.log_count += row.errors if row.source == FROM_LOGS else 0
            group.services[row.service] = group.services.get(row.service, 0) + row.errors
            group.versions[row.version] = group.versions.get(row.version, 0) + row.errors
            if asked.where:
                _add_steps(group, row.steps)
                lasts += [(last, row.service, row.source, row.form) for last in row.lasts]
    if asked.where:
        _add_samples(of, lasts)


def describe(engine: Engine, asked: Occurrences, shown: Collection[Group]) -> None:
    """Find an example of groups that are counted and, where `count` did not, the trend and the last occurrences."""
    of = {form: group for group in shown for form in group.forms}
    if not of:
        return
    if not asked.where:
        _trend(engine, asked, of)
    newest = [max(group.forms.values(), key=_last) for group in shown]
    places = [(form.number, form.hour) for form in newest]
    examples = select(_kept.form, func.max(_kept.example).label("example")).where(
        _kept.project == asked.project, tuple_(_kept.form, _kept.hour).in_(places)
    )
    for row in engine.read(examples.group_by(_kept.form)):
        _, _, of[row.form].example, of[row.form].stack, _ = row.example


def _trend(engine: Engine, asked: Occurrences, of: Mapping[int, Group]) -> None:
    found, step = asked.counted(), asked.within.step(STEPS)
    at = (asked.within.first + func.intDiv(found.c.minute - asked.within.first, step) * step).label("at")
    steps = select(found.c.form, at, func.sum(found.c.error_count).label("errors")).where(found.c.form.in_(of))
    for row in engine.read(steps.group_by(found.c.form, at)):
        _add_steps(of[row.form], {row.at: row.errors})
    last = (
        select(found.c.last, found.c.service, found.c.source, found.c.form)
        .where(found.c.form.in_(of))
        .distinct()
        .order_by(func.tupleElement(found.c.last, 1).desc(), found.c.form, found.c.source)
        .suffix_with(f"LIMIT {LAST} BY form")
    )
    _add_samples(of, [tuple(row) for row in engine.read(last)])


def _add_steps(group: Group, steps: Mapping[int, int]) -> None:
    for at, errors in steps.items():
        group.counts[at] = group.counts.get(at, 0) + errors


def _add_samples(of: Mapping[int, Group], lasts: Iterable[tuple[Any, ...]]) -> None:
    """Of occurrences (last, service, source, form) the newest of each group."""
    for (time, trace_id, span_id), service, source, form in sorted(lasts, key=lambda each: (-each[0][0], *each[:0:-1])):
        samples = of[form].samples
        trace, at = "" if trace_id == _NO_TRACE else trace_id.hex(), "" if span_id == _NO_SPAN else span_id.hex()
        sample = Sample(time, service, trace, at, source == FROM_LOGS)
        if len(samples) < LAST and sample not in samples:
            samples.append(sample)


def log_records(engine: Engine, project: str, group: Group) -> list[LogRecord]:
    """What was logged where a group's samples happened: in the newest of their traces, and those that are records."""
    found: list[LogRecord] = []
    trace = next((each.trace_id for each in group.samples if each.trace_id), None)
    if trace is not None:
        of_trace = RecordSearch(project, 0, (1 << 64) - 1, sort="oldest", limit=_LOGS, trace_id=trace)
        found += search_logs(engine, of_trace).items
    known = {(each.time, each.service) for each in found}
    for each in group.samples:
        if each.in_logs and (each.time, each.service) not in known:
            where = Term(_SERVICE, Equals(each.service))
            found += search_logs(engine, RecordSearch(project, each.time, each.time + 1, where, limit=LAST)).items
    return sorted(found, key=lambda each: each.time)


def _of_all(choose: Any, each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for version, when in ((version, when) for of_form in each for version, when in of_form.items()):
        found[version] = choose(found.get(version, when), when)
    return found


def _last(form: Form) -> tuple[int, int]:
    return max(form.last_seen.values()), form.number
