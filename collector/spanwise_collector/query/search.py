"""What one span of a trace must be like: the filters of a search, and their translation to SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_

from spanwise_collector.store.tables import lookup, spans


@dataclass(frozen=True, slots=True)
class SpanFilter:
    """All that is given must hold for the same span; durations are nanoseconds, both ends included."""

    service: str | None = None
    operation: str | None = None
    status_code: int | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    attributes: Sequence[tuple[str, str]] = ()

    @property
    def empty(self) -> bool:
        """Whether every span passes."""
        return self == EVERY_SPAN


EVERY_SPAN: Final = SpanFilter()


def conditions(wanted: SpanFilter) -> ColumnElement[bool]:
    """The filter as a condition on the table of spans."""
    columns = spans.c
    terms: list[ColumnElement[Any]] = []
    if wanted.service is not None:
        terms.append(columns.service == wanted.service)
    if wanted.operation is not None:
        terms.append(columns.name == wanted.operation)
    if wanted.status_code is not None:
        terms.append(columns.status_code == wanted.status_code)
    if wanted.min_duration is not None:
        terms.append(func.greatest(columns.duration, 0) >= wanted.min_duration)
    if wanted.max_duration is not None:
        terms.append(func.greatest(columns.duration, 0) <= wanted.max_duration)
    terms.extend(_attribute(key, text) for key, text in wanted.attributes)
    return and_(*terms)


def _attribute(key: str, text: str) -> ColumnElement[bool]:
    present = func.mapContains
    return or_(
        *(
            and_(present(column, key), lookup(column, key) == text)
            for column in (spans.c.attributes, spans.c.resource_attributes)
        )
    )
