"""Occurrences of errors in a range: as they were counted on arrival or, for a condition, out of spans and records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, func, or_, select, union_all

from spanwise_collector.model.span import ERROR
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.language.tree import Node, Signal
from spanwise_collector.query.patterns import Range
from spanwise_collector.store.tables import MINUTE, error_forms, logs, lookup, spans

FROM_SPANS: Final = 1
FROM_LOGS: Final = 2
_HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Errors of a project in the minutes of `within`, of a service, in spans and records for which `where` holds.

    `where` has a condition for each signal that it can be asked of; without any, all errors are meant.
    """

    project: str
    within: Range
    service: str | None = None
    where: Mapping[Signal, Node] = field(default_factory=dict)

    def rows(self) -> Subquery:
        """By form, minute, service, version and source: `error_count`, and `last` as `error_forms` has it."""
        made = {"spans": self._in_spans, "logs": self._in_logs}
        found = [made[signal](node) for signal, node in self.where.items()] or [self._counted()]
        return (found[0] if len(found) == 1 else union_all(*found)).subquery("found")

    def _counted(self) -> Select[*tuple[Any, ...]]:
        columns, within = error_forms.c, self.within
        each: ColumnElement[Any] = func.arrayJoin(columns.counts).label("each")
        rows = select(
            columns.form, columns.hour, columns.service, columns.version, columns.source, columns.last, each
        ).where(
            columns.project == self.project,
            columns.hour >= within.first // _HOUR,
            columns.hour <= (within.last - 1) // _HOUR,
        )
        if self.service is not None:
            rows = rows.where(columns.service == self.service)
        row = rows.subquery("counted").c
        minute = func.toInt64(row.hour) * _HOUR + func.tupleElement(row.each, 1)
        return select(
            row.form,
            minute.label("minute"),
            row.service,
            row.version,
            row.source,
            func.tupleElement(row.each, 2).label("error_count"),
            row.last,
        ).where(minute >= within.first, minute < within.last)

    def _in_spans(self, where: Node) -> Select[*tuple[Any, ...]]:
        columns, start = spans.c, spans.c.start_time_unix_nano
        place = func.arrayJoin(func.spanwise_exceptions(columns.event_names))
        said = (columns.event_times, columns.event_attributes, columns.status_message, columns.name, start)
        return self._each(FROM_SPANS, columns, start, func.spanwise_span_error(*said, place)).where(
            or_(columns.status_code == ERROR, func.has(columns.event_names, "exception")), condition(where, "spans")
        )

    def _in_logs(self, where: Node) -> Select[*tuple[Any, ...]]:
        columns, time = logs.c, logs.c.time_unix_nano
        return self._each(
            FROM_LOGS, columns, time, func.spanwise_log_error(columns.attributes, columns.body, time)
        ).where(
            func.spanwise_is_error(columns.attributes, columns.severity_number, columns.body), condition(where, "logs")
        )

    def _each(
        self, source: int, columns: Any, time: ColumnElement[int], error: ColumnElement[Any]
    ) -> Select[*tuple[Any, ...]]:
        rows = select(
            func.spanwise_error_form(columns.service, error).label("form"),
            func.toInt64(func.intDiv(time, MINUTE)).label("minute"),
            columns.service.label("service"),
            lookup(columns.resource_attributes, "service.version").label("version"),
            func.toUInt8(source).label("source"),
            func.toUInt64(1).label("error_count"),
            func.tuple(func.tupleElement(error, 1), columns.trace_id, columns.span_id).label("last"),
        ).where(columns.project == self.project, time >= self.within.first * MINUTE, time < self.within.last * MINUTE)
        return rows if self.service is None else rows.where(columns.service == self.service)
