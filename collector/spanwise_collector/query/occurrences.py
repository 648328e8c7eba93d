"""Occurrences of errors in a range: as they were counted on arrival or, for a condition, out of spans and records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, func, or_, select, text, tuple_, union_all

from spanwise_collector.model.span import ERROR
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.language.tree import Node, Signal
from spanwise_collector.query.patterns import Range
from spanwise_collector.store.tables import MINUTE, error_forms, logs, lookup, spans

LAST: Final = 5
"""So many of the last occurrences of a form are told of."""
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

    def tallied(self, step: int) -> Select[*tuple[Any, ...]]:
        """Of a `where`, by form, service, version and source: how many (`errors`), in which steps, and the last ones.

        `steps` are of so many minutes, by the first of each; `lasts` are newest first.
        """
        made = {"spans": self._in_spans, "logs": self._in_logs}
        found = [made[signal](node) for signal, node in self.where.items()]
        row = union_all(*found).subquery("found").c
        # What says the same is counted first: its form costs more to work out than all the rest.
        alike = (
            select(
                row.service,
                row.version,
                row.source,
                row.said,
                (self.within.first + func.intDiv(row.minute - self.within.first, step) * step).label("at"),
                func.count().label("n"),
                func.max(row.last).label("last"),
            )
            .group_by(row.service, row.version, row.source, row.said, text("at"))
            .subquery("alike")
            .c
        )
        formed = select(
            func.spanwise_error_form(alike.service, alike.said).label("form"),
            *(alike.service, alike.version, alike.source, alike.at, alike.n, alike.last),
        ).subquery("formed")
        keys = (formed.c.form, formed.c.service, formed.c.version, formed.c.source)
        return select(
            *keys,
            func.sum(formed.c.n).label("errors"),
            func.sumMap(func.map(formed.c.at, formed.c.n)).label("steps"),
            func.arraySlice(func.arrayReverseSort(func.groupArray(formed.c.last)), 1, LAST).label("lasts"),
        ).group_by(*keys)

    def counted(self) -> Subquery:
        """As they were counted on arrival, whatever `where` says: by form, minute, service, version and source.

        `error_count` and `last` as `error_forms` has it.
        """
        return self._counted().subquery("found")

    def _counted(self) -> Select[*tuple[Any, ...]]:
        columns, within = error_forms.c, self.within
        each: ColumnElement[Any] = func.arrayJoin(columns.counts).label("each")
        rows = select(
            columns.form, columns.hour, columns.service, columns.version, columns.source, columns.last, each
        ).where(*self._of_hours())
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
        minute = func.toInt64(func.intDiv(time, MINUTE))
        rows = select(
            func.tuple(func.toUInt64(0), *(func.tupleElement(error, place) for place in (2, 3, 4, 5))).label("said"),
            minute.label("minute"),
            columns.service.label("service"),
            lookup(columns.resource_attributes, "service.version").label("version"),
            func.toUInt8(source).label("source"),
            func.tuple(func.tupleElement(error, 1), columns.trace_id, columns.span_id).label("last"),
        ).where(
            columns.project == self.project,
            time >= self.within.first * MINUTE,
            time < self.within.last * MINUTE,
            tuple_(columns.service, minute).in_(self._where_any(source)),
        )
        return rows if self.service is None else rows.where(columns.service == self.service)

    def _where_any(self, source: int) -> Select[*tuple[Any, ...]]:
        """Services and minutes in which errors were counted on arrival: the others need not be read."""
        columns = error_forms.c
        return select(
            columns.service,
            func.toInt64(columns.hour) * _HOUR + func.arrayJoin(func.mapKeys(columns.counts)),
        ).where(*self._of_hours(), columns.source == source)

    def _of_hours(self) -> list[ColumnElement[bool]]:
        hour, within = error_forms.c.hour, self.within
        of_project = error_forms.c.project == self.project
        return [of_project, hour >= within.first // _HOUR, hour <= (within.last - 1) // _HOUR]
