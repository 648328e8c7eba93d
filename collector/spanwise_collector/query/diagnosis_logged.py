"""The log records of two windows, counted for the diagnosis by template."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnClause, Select, bindparam, column, func, select, text
from sqlalchemy import Row as RowOf

from spanwise_collector.diagnose.features import BUCKETS, OFFSET, Row
from spanwise_collector.diagnose.log_counts import WARN, Logged, LogRow, Origins, Pattern, by_service, is_bad
from spanwise_collector.grouping.templates import templates
from spanwise_collector.query.together import together
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, log_patterns, logs

MOST_GROUPS: Final = 50_000
"""Groups of records (form, instance, severity, slice of the window) that are looked at, the most frequent first."""

_SQL: Final = {
    name: (Path(__file__).with_name(f"diagnosis_{name}.sql")).read_text(encoding="utf-8")
    for name in ("logs", "log_origins", "log_gaps")
}
_COLUMNS: Final = {
    "logs": ("service", "instance", "pattern", "severity", "bucket", "n", "example"),
    "log_origins": ("service", "instance", "pattern", "n", "firsts"),
    "log_gaps": (
        "service", "instance", "pattern", "other_service", "other_pattern", "bucket", "n", "a", "aa", "example",
    ),
}  # fmt: skip
_NONE: Final = bytes(16)
_DAY: Final = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` (inclusive) to `end` (exclusive); of some traces only where `ids` has their hex digits."""

    start: int
    end: int
    ids: str = ""


def logged(engine: Engine, project: str, windows: tuple[Stretch, Stretch], few: int, *, gaps: bool) -> list[Logged]:
    """The records of a baseline and of a window; with the time between them where `gaps`.

    Of services with less than `few` records in the baseline comes as well what they said before it.
    """
    raw = together([partial(_read, engine, project, each, "logs") for each in windows])
    if not any(raw):
        return [Logged(length=each.end - each.start) for each in windows]
    every = [row for rows in raw for row in rows]
    texts = Texts(engine, project, {(row.service, row.pattern) for row in every})
    bad = {(row.service, row.pattern) for row in every if is_bad(row.severity, texts.of(row))}
    # What tells of trouble stays apart by form: a template has a parameter where forms name different services.
    texts.keep_apart(bad)
    patterns = [0, *sorted({pattern for _, pattern in bad})]

    def made(window: Stretch, rows: Sequence[RowOf[Any]]) -> Logged:
        origins = _read(engine, project, window, "log_origins", bad=WARN, bad_patterns=patterns) if bad else []
        between = _read(engine, project, window, "log_gaps") if gaps else []
        return Logged(
            rows=[texts.row(row) for row in rows],
            length=window.end - window.start,
            traces=_traces(engine, project, window),
            origins=_origins(origins, texts),
            gaps=[texts.gap(row) for row in between],
        )

    found = together([partial(made, window, rows) for window, rows in zip(windows, raw, strict=True)])
    written = by_service(found[0].records)
    unheard = {form for form in bad - {(row.service, row.pattern) for row in raw[0]} if written[form[0]] < few}
    if unheard:
        found[0].earlier = _earlier(engine, project, min(each.start for each in windows), unheard, texts)
    return found


class Texts:
    """What the forms of both windows say, joined to templates."""

    def __init__(self, engine: Engine, project: str, forms: set[tuple[str, int]]) -> None:
        kept = log_patterns.c
        wanted = sorted({pattern for _, pattern in forms})
        query = (
            select(
                kept.service, kept.pattern, func.max(kept.form).label("form"), func.max(kept.example).label("example")
            )
            .where(kept.project == project, kept.pattern.in_(wanted))
            .group_by(kept.service, kept.pattern)
        )
        by_service: dict[str, dict[int, str]] = defaultdict(dict)
        self._examples: dict[tuple[str, int], str] = {}
        self._forms: dict[tuple[str, int], str] = {}
        for row in engine.read(query):
            if (row.service, row.pattern) in forms:
                by_service[row.service][row.pattern] = row.form
                self._examples[row.service, row.pattern] = row.example
                self._forms[row.service, row.pattern] = row.form
        self._templates = {
            (service, form): each.text
            for service, found in by_service.items()
            for each in templates(found)
            for form in each.forms
        }

    def keep_apart(self, forms: Collection[tuple[str, int]]) -> None:
        """Take these forms as templates of their own."""
        for form in forms:
            self._templates[form] = self._forms.get(form, self.template(*form))

    def of(self, row: Any) -> str:
        """The template of a row with `service` and `pattern`."""
        return self.template(row.service, row.pattern)

    def record(self, row: Any) -> LogRow:
        """One record as it is."""
        span_id = "" if row.span_id == _NONE[:8] else row.span_id.hex()
        return LogRow(
            row.service, row.instance, self.of(row), row.severity, 0, 1, row.time, "", span_id, row.body or self.of(row)
        )

    def row(self, row: Any) -> LogRow:
        """Records that are counted together."""
        time, trace_id, span_id = row.example
        return LogRow(
            row.service,
            row.instance,
            self.of(row),
            row.severity,
            row.bucket,
            row.n,
            time,
            "" if trace_id == _NONE else trace_id.hex(),
            "" if span_id == _NONE[:8] else span_id.hex(),
            self._examples.get((row.service, row.pattern), ""),
        )

    def gap(self, row: Any) -> Row:
        """Time between records of two forms."""
        _, trace_id, span_id = row.example
        return Row(
            row.service, row.instance, self.of(row), "gap",
            row.other_service, "", self.template(row.other_service, row.other_pattern),
            row.bucket, row.n, row.a, row.aa, trace_id=trace_id.hex(), span_id=span_id.hex(),
        )  # fmt: skip

    def template(self, service: str, pattern: int) -> str:
        """The template that a form of a service belongs to."""
        return self._templates.get((service, pattern), f"{pattern:016x}")


def _earlier(
    engine: Engine, project: str, end: int, forms: Collection[tuple[str, int]], texts: Texts
) -> Mapping[str, Set[str]]:
    """Which services of some forms wrote anything on the day before `end`, and which of the forms as templates."""
    kept = log_patterns.c
    asked = func.if_(kept.pattern.in_(sorted({pattern for _, pattern in forms})), kept.pattern, 0).label("asked")
    query = (
        select(kept.service, asked)
        .where(
            kept.project == project,
            kept.minute.between(max(0, end - _DAY) // MINUTE, end // MINUTE - 1),
            kept.service.in_(sorted({service for service, _ in forms})),
        )
        .distinct()
    )
    found: dict[str, set[str]] = defaultdict(set)
    for row in engine.read(query):
        found[row.service] |= {texts.template(row.service, row.asked)} if (row.service, row.asked) in forms else set()
    return found


def _origins(found: Sequence[RowOf[Any]], texts: Texts) -> Mapping[Pattern, Origins]:
    counted: dict[Pattern, Origins] = {}
    for row in found:
        pattern = Pattern(row.service, row.instance, texts.of(row))
        known = counted.get(pattern, Origins(0, 0))
        counted[pattern] = Origins(known.traces + row.n, known.first + row.firsts)
    return counted


def _traces(engine: Engine, project: str, window: Stretch) -> Mapping[tuple[str, str], int]:
    query = (
        select(logs.c.service, logs.c.instance, func.uniqExact(func.cityHash64(logs.c.trace_id)).label("n"))
        .where(
            logs.c.project == project,
            func.intDiv(logs.c.time_unix_nano, MINUTE).between(window.start // MINUTE, window.end // MINUTE),
            logs.c.time_unix_nano >= window.start,
            logs.c.time_unix_nano < window.end,
            logs.c.trace_id != func.toFixedString("", 16),
        )
        .group_by(logs.c.service, logs.c.instance)
    )
    return {(row.service, row.instance): row.n for row in engine.read(query)}


def _read(engine: Engine, project: str, window: Stretch, name: str, **given: Any) -> Sequence[RowOf[Any]]:
    bound = {
        "project": project,
        "start": window.start,
        "end": window.end,
        "ids": window.ids,
        "length": max(1, window.end - window.start),
        "buckets": BUCKETS,
        "offset": OFFSET,
        "first_minute": window.start // MINUTE,
        "last_minute": window.end // MINUTE,
        "most": MOST_GROUPS,
    } | given
    used = {key: value for key, value in bound.items() if f":{key}" in _SQL[name]}
    statement = text(_SQL[name]).bindparams(
        *(bindparam(key, value, expanding=isinstance(value, list)) for key, value in used.items())
    )
    columns: list[ColumnClause[Any]] = [column(each) for each in _COLUMNS[name]]
    query: Select[*tuple[Any, ...]] = select(*columns).select_from(statement.columns(*columns).subquery("counted"))
    return engine.read(query)
