"""Templates of log records: how often each came, against a baseline, and which records are of one."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, func, select

from spanwise_collector.errors import NotFound
from spanwise_collector.grouping.templates import MOST_FORMS, Template, templates
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.language.tree import EVERYTHING, And, Equals, Key, Node, Not, Or, Term
from spanwise_collector.query.page import Page
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, log_patterns, logs

Sort = Literal["count", "new", "gone", "ratio"]
_STEPS: Final = 120
_TRACES: Final = 5
_FIELD: Final = Key("field", "pattern")
_kept: Final = log_patterns.c


@dataclass(frozen=True, slots=True)
class Range:
    """Whole minutes since the epoch, from `first` (inclusive) to `last` (exclusive)."""

    first: int
    last: int

    @classmethod
    def around(cls, start: int, end: int) -> "Range":
        """The minutes that hold any of the nanoseconds from `start` to `end` (exclusive)."""
        return cls(start // MINUTE, -(-end // MINUTE))

    def step(self, most: int) -> int:
        """How many minutes long a step is, where there are to be at most so many."""
        return max(1, -(-(self.last - self.first) // most))


@dataclass(frozen=True, slots=True)
class PatternSearch:
    """Which records are counted (`where`), when, held against which other time, and in which order."""

    project: str
    asked: Range
    baseline: Range | None = None
    service: str | None = None
    where: Node = EVERYTHING
    sort: Sort = "count"
    limit: int = 100


@dataclass(slots=True)
class Pattern:
    """A template of one service. First and last seen are of all that is kept; the rest is of the range that was asked.

    `ratio`: how many times its share of the service's records in the baseline its share is now; None without a
    baseline or with none of it there. `counts`: by step of the range, in order, only where there were any.
    """

    template: Template
    service: str
    example: str
    first_seen: int
    last_seen: int
    count: int = 0
    share: float = 0.0
    baseline_count: int | None = None
    ratio: float | None = None
    severities: dict[int, int] | None = None
    counts: dict[int, int] | None = None
    trace_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patterns:
    """A page of patterns; `step` is the length of the steps of their counts, in minutes."""

    page: Page[Pattern]
    step: int
    records: int
    forms_left_out: int


def search(engine: Engine, asked: PatternSearch) -> Patterns:
    """The patterns of a range, and with a baseline those that were only there."""
    found, left_out = _templates(engine, asked.project, asked.service)
    step, records = _count(engine, asked, found)
    listed = sorted((each for each in found if _belongs(each, asked.sort)), key=lambda each: _order(each, asked.sort))
    shown = listed[: asked.limit]
    _find_traces(engine, asked, shown)
    page = Page(shown, len(listed), "eq", "end" if len(listed) == len(shown) else "limit")
    return Patterns(page, step, records, left_out)


def pattern_of(engine: Engine, asked: PatternSearch, form: int) -> tuple[Pattern, int]:
    """The pattern that has the form, counted as `asked` says, and the length of the steps of its counts in minutes.

    Raises NotFound where no record is kept of that form.
    """
    of = engine.read(select(_kept.service).where(_kept.project == asked.project, _kept.pattern == form).limit(1))
    within = replace(asked, service=of[0].service if of else None)
    found = _templates(engine, asked.project, within.service)[0] if of else []
    one = next((each for each in found if form in each.template.forms), None)
    if one is None:
        raise NotFound(f"No pattern has the form {form:016x}: no record of it is kept. See /api/v1/patterns.")
    # All of its service: a share is one of them.
    step, _ = _count(engine, within, found)
    _find_traces(engine, within, [one])
    return one, step


def of_template(template: Template, service: str) -> Node:
    """The condition on log records that are of a template of a service."""
    forms = tuple(Term(_FIELD, Equals(f"{form:016x}")) for form in template.forms)
    return And((Term(Key("field", "service"), Equals(service)), forms[0] if len(forms) == 1 else Or(forms)))


def _count(engine: Engine, asked: PatternSearch, found: list[Pattern]) -> tuple[int, int]:
    """Count the records of each; returns the step in minutes, and the records of all."""
    of_form = {form: each for each in found for form in each.template.forms}
    step = asked.asked.step(_STEPS)
    counted = _counted(engine, asked, asked.asked, step)
    before = _counted(engine, asked, asked.baseline, step) if asked.baseline else []
    totals, totals_before = _by_service(counted), _by_service(before)
    for row in counted:
        _add(of_form.get(row.pattern), row)
    if asked.baseline:
        for each in found:
            each.baseline_count = 0
        for row in before:
            if (pattern := of_form.get(row.pattern)) is not None:
                pattern.baseline_count = (pattern.baseline_count or 0) + row.records
    for each in found:
        total = totals.get(each.service, 0)
        each.share = each.count / total if total else 0.0
        share_before = (each.baseline_count or 0) / (totals_before.get(each.service) or 1)
        each.ratio = each.share / share_before if share_before else None
    return step, sum(totals.values())


def widened(engine: Engine, project: str, where: Node) -> Node:
    """`where` with every form of the template in the place of each `pattern:`; it names any one of them."""
    match where:
        case And(parts):
            return And(tuple(widened(engine, project, each) for each in parts))
        case Or(parts):
            return Or(tuple(widened(engine, project, each) for each in parts))
        case Not(part):
            return Not(widened(engine, project, part))
        case Term(key, Equals(text)) if key == _FIELD:
            forms = _forms_beside(engine, project, int(text, 16))
            return Or(tuple(Term(_FIELD, Equals(f"{form:016x}")) for form in forms)) if len(forms) > 1 else where
    return where


def _forms_beside(engine: Engine, project: str, form: int) -> tuple[int, ...]:
    of = engine.read(select(_kept.service).where(_kept.project == project, _kept.pattern == form).limit(1))
    if not of:
        return (form,)
    found, _ = _templates(engine, project, of[0].service)
    return next((each.template.forms for each in found if form in each.template.forms), (form,))


def _templates(engine: Engine, project: str, service: str | None) -> tuple[list[Pattern], int]:
    """Every template that is kept, and how many forms were too many. The forms that are known longest come first."""
    first = func.min(_kept.first_time_unix_nano)
    query = (
        select(
            _kept.service,
            _kept.pattern,
            func.max(_kept.form).label("form"),
            func.max(_kept.example).label("example"),
            first.label("first"),
            func.max(_kept.last_time_unix_nano).label("last"),
        )
        .where(_kept.project == project)
        .group_by(_kept.service, _kept.pattern)
        .order_by(first, _kept.pattern)
        .suffix_with(f"LIMIT {MOST_FORMS} BY service")
    )
    every = select(func.uniqExact(_kept.pattern).label("forms")).where(_kept.project == project)
    if service is not None:
        query, every = query.where(_kept.service == service), every.where(_kept.service == service)
    by_service: dict[str, dict[int, Row[Any]]] = defaultdict(dict)
    for row in engine.read(query):
        by_service[row.service][row.pattern] = row
    made = []
    for name, rows in by_service.items():
        for template in templates({form: row.form for form, row in rows.items()}):
            of_it = [rows[form] for form in template.forms]
            first_row, last_row = min(of_it, key=lambda row: row.first), max(of_it, key=lambda row: row.last)
            made.append(Pattern(template, name, rows[template.id].example, first_row.first, last_row.last))
    return made, max(0, int(engine.read(every)[0].forms) - sum(map(len, by_service.values())))


def _counted(engine: Engine, asked: PatternSearch, within: Range, step: int) -> list[Row[Any]]:
    """Records by service, form, severity and step of the range: of the rollup, or for a condition counted."""
    if asked.where == EVERYTHING:
        minute: ColumnElement[int] = _kept.minute
        query: Select[*tuple[Any, ...]] = select(func.sum(_kept.record_count).label("records"))
        table, columns = log_patterns, _kept
        held = [_kept.minute >= within.first, _kept.minute < within.last]
    else:
        columns, table = logs.c, logs
        minute = func.intDiv(logs.c.time_unix_nano, MINUTE)
        query = select(func.count().label("records"))
        held = [logs.c.time_unix_nano >= within.first * MINUTE, logs.c.time_unix_nano < within.last * MINUTE]
        held.append(condition(widened(engine, asked.project, asked.where), "logs"))
    held.append(columns.project == asked.project)
    if asked.service is not None:
        held.append(columns.service == asked.service)
    at = (within.first + func.intDiv(minute - within.first, step) * step).label("at")
    keys = [columns.service, columns.pattern, columns.severity_number]
    return list(engine.read(query.add_columns(*keys, at).select_from(table).where(*held).group_by(*keys, at)))


def _by_service(rows: list[Row[Any]]) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[row.service] += row.records
    return totals


def _add(pattern: Pattern | None, row: Row[Any]) -> None:
    if pattern is None:
        return
    pattern.count += row.records
    pattern.severities = pattern.severities or {}
    pattern.severities[row.severity_number] = pattern.severities.get(row.severity_number, 0) + row.records
    pattern.counts = pattern.counts or {}
    pattern.counts[row.at] = pattern.counts.get(row.at, 0) + row.records


def _belongs(pattern: Pattern, sort: Sort) -> bool:
    match sort:
        case "new":
            return bool(pattern.count) and not pattern.baseline_count
        case "gone":
            return not pattern.count and bool(pattern.baseline_count)
        case "ratio":
            return bool(pattern.count) and bool(pattern.baseline_count)
    return bool(pattern.count)


def _order(pattern: Pattern, sort: Sort) -> tuple[float, int, int]:
    match sort:
        case "gone":
            return -(pattern.baseline_count or 0), -pattern.last_seen, pattern.template.id
        case "ratio":
            return -(pattern.ratio or 0.0), -pattern.count, pattern.template.id
    return -pattern.count, -pattern.last_seen, pattern.template.id


def _find_traces(engine: Engine, asked: PatternSearch, shown: list[Pattern]) -> None:
    """Give each pattern some traces that have a record of it, the newest minutes' first."""
    forms = [form for each in shown for form in each.template.forms]
    if not forms:
        return
    within = asked.asked if asked.sort != "gone" or asked.baseline is None else asked.baseline
    query = (
        select(_kept.pattern, _kept.trace_id)
        .where(_kept.project == asked.project, _kept.minute >= within.first, _kept.minute < within.last)
        .where(_kept.pattern.in_(forms), _kept.trace_id != func.toFixedString("", 16))
        .order_by(_kept.minute.desc(), _kept.pattern, _kept.trace_id)
        .suffix_with(f"LIMIT {_TRACES} BY pattern")
    )
    traces: dict[int, list[str]] = defaultdict(list)
    for row in engine.read(query):
        traces[row.pattern].append(row.trace_id.hex())
    for each in shown:
        of_it = dict.fromkeys(trace for form in each.template.forms for trace in traces[form])
        each.trace_ids = tuple(of_it)[:_TRACES]
