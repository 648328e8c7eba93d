"""Which errors the stored forms are: worked out once a form, as what makes groups is the same in all that have it."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, tuple_

from spanwise_collector.grouping.errors import Error, identify
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import error_forms

MOST_FORMS: Final = 5_000
"""Forms of a project that are put into groups, those that came last.

Each takes 0.1 ms, once, and 22 bytes of a query, of which there may be 256 KiB.
"""
_AT_ONCE: Final = 500
_REMEMBERED: Final = 50_000
_kept: Final = error_forms.c


@dataclass(frozen=True, slots=True)
class Form:
    """Errors of a service that are told apart on arrival. Times (ns) are of all that is kept, by version."""

    number: int
    error: Error
    hour: int
    first_seen: Mapping[str, int]
    last_seen: Mapping[str, int]


class Forms:
    """The forms of each project; may be used by any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[str, int], Error] = {}
        self._lock = threading.Lock()

    def of(self, project: str) -> tuple[dict[int, Form], bool]:
        """The forms of a project by their numbers, and whether those are all."""
        last = func.max(_kept.last_time_unix_nano)
        query = (
            select(
                _kept.form,
                func.max(_kept.hour).label("hour"),
                func.minMap(func.map(func.toString(_kept.version), _kept.first_time_unix_nano)).label("first"),
                func.maxMap(func.map(func.toString(_kept.version), _kept.last_time_unix_nano)).label("last"),
            )
            .where(_kept.project == project)
            .group_by(_kept.form)
            .order_by(last.desc(), _kept.form)
        )
        rows = self._engine.read(query.limit(MOST_FORMS + 1))
        hours = {row.form: row.hour for row in rows[:MOST_FORMS]}
        errors = self._errors(project, hours)
        found = {
            row.form: Form(row.form, errors[row.form], row.hour, row.first, row.last)
            for row in rows
            if row.form in errors
        }
        return found, len(rows) <= MOST_FORMS

    def _errors(self, project: str, hours: Mapping[int, int]) -> dict[int, Error]:
        with self._lock:
            known = {form: error for form in hours if (error := self._known.get((project, form))) is not None}
        for form, error in self._read(project, [(form, hour) for form, hour in hours.items() if form not in known]):
            known[form] = error
        with self._lock:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known.update({(project, form): error for form, error in known.items()})
        return known

    def _read(self, project: str, places: list[tuple[int, int]]) -> Iterator[tuple[int, Error]]:
        """The errors of forms, from what was said in an hour in which each came."""
        for begin in range(0, len(places), _AT_ONCE):
            query = (
                select(_kept.form, func.any(_kept.service).label("service"), func.max(_kept.example).label("example"))
                .where(_kept.project == project, tuple_(_kept.form, _kept.hour).in_(places[begin : begin + _AT_ONCE]))
                .group_by(_kept.form)
            )
            for row in self._engine.read(query):
                _, type_, message, stack, name = row.example
                yield row.form, identify(row.service, type_, message, stack, name)
