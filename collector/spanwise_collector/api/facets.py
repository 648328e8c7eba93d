"""Facets: what the spans or log records found are like, below /api/v1."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request

from spanwise_collector.api.models import Answer
from spanwise_collector.api.parameters import QueryText, Text, read, without_groups
from spanwise_collector.api.recent import Clock, Measured, RecentRange
from spanwise_collector.errors import InvalidParameter, excerpt
from spanwise_collector.query.extent import Most, Rows
from spanwise_collector.query.facets import Facet, Wanted, facets
from spanwise_collector.query.language.fields import Kind
from spanwise_collector.query.language.mistakes import Place
from spanwise_collector.query.language.parse import Limits
from spanwise_collector.query.language.terms import key_of
from spanwise_collector.query.language.tree import Key, Signal
from spanwise_collector.query.language.write import key_text, value_text
from spanwise_collector.store import Engine

_COUNTED = (Kind.TEXT, Kind.CHOICE, Kind.SEVERITY)


class FacetQuery(RecentRange):
    q: QueryText = None
    of: Literal["spans", "logs"] = "spans"
    keys: list[Text] = Field(
        default=[], max_length=32, description="Keys to look at, as in a query; the most telling where none is given."
    )
    limit: int = Field(default=20, ge=1, le=200, description="Keys in the answer, where `keys` names none.")
    values: int = Field(default=10, ge=1, le=1000, description="Values of each key; the rest is counted as `other`.")

    def rows(self, project: str, limits: Limits) -> Rows:
        """The rows that are asked about; raises InvalidParameter."""
        where = without_groups(read(self.q, self.of, limits))
        return Rows(project, self.of, *self.bounds(), where)

    def wanted(self) -> Wanted:
        """What to say of them; raises InvalidParameter."""
        named = dict.fromkeys(self.keys)
        return Wanted(tuple((name, _key(self.of, name)) for name in named), self.limit, self.values)


def _key(signal: Signal, name: str) -> Key:
    key, field = key_of(signal, name, Place(0, len(name)))
    if key.scope in ("event", "link") or (field is not None and field.kind not in _COUNTED):
        raise InvalidParameter(
            "keys",
            f"`keys` holds {excerpt(name, 40)!r}, which is no text with values to count;"
            " give such as service, http.route or resource.service.version.",
        )
    return key


class FacetValue(Answer):
    value: str
    term: str = Field(description="The same as a term of a query.")
    count: int


class FacetAnswer(Answer):
    key: str
    present: int = Field(description="Rows that have the key: `values` and `other` together.")
    missing: int
    distinct: int = Field(description="Different values among the rows that were looked at.")
    other: int = Field(description="Rows with other values than those listed.")
    values: list[FacetValue] = Field(description="The most frequent first, then by value.")


class KeyCount(Answer):
    key: str
    count: int


class FacetList(Measured):
    """`total` counts the keys there are. Unless `exact`, counts are those of a sample, scaled to all that matched."""

    matched: int = Field(description="Rows that match, counted one by one.")
    scanned: int = Field(description="Rows of the time range.")
    looked_at: int = Field(description="Rows that the facets were counted from.")
    limit_name: Literal["facet_rows"] | None = Field(
        description="The setting because of which not all rows were looked at."
    )
    facets: list[FacetAnswer] = Field(description="The most telling first, or in the order of `keys`.")
    other_keys: list[KeyCount] = Field(description="Keys without a facet here, at most 500, the most frequent first.")


def add(made: APIRouter, engine: Engine, project_of: Callable[[Request], str], limits: Limits, most: Most) -> None:
    """Add the facets to the API's routes."""
    Project = Annotated[str, Depends(project_of)]

    @made.get("/facets", tags=["search"])
    def get_facets(query: Annotated[FacetQuery, Query()], project: Project) -> FacetList:
        """The keys of the spans or log records that match, each with its most frequent values."""
        clock, rows = Clock(), query.rows(project, limits)
        found = facets(engine, rows, query.wanted(), most.facet_rows)
        extent = found.extent
        return FacetList(
            matched=extent.matched,
            scanned=extent.scanned,
            looked_at=found.looked_at,
            limit_name=None if extent.exact else "facet_rows",
            facets=[_shown(each) for each in found.found],
            other_keys=[KeyCount(key=key, count=count) for key, count in found.others],
            **clock.whole((rows.start, rows.end), len(found.found), found.keys, extent.exact),
        )


def _shown(facet: Facet) -> FacetAnswer:
    key = key_text(facet.key)
    return FacetAnswer(
        key=facet.key,
        present=facet.present,
        missing=facet.missing,
        distinct=facet.distinct,
        other=facet.other,
        values=[
            FacetValue(value=value, term=f"{key}:{value_text(value)}", count=count) for value, count in facet.values
        ],
    )
