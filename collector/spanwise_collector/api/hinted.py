"""Hints on the keys of a query, as the API shows them."""

from collections.abc import Iterable
from typing import Any

from spanwise_collector.api import models
from spanwise_collector.errors import excerpt
from spanwise_collector.query.hints import Hint, hints
from spanwise_collector.query.language.tree import Level
from spanwise_collector.query.page import Page
from spanwise_collector.query.records import RecordSearch
from spanwise_collector.query.traces import TraceSearch
from spanwise_collector.store import Engine


def of_search(engine: Engine, level: Level, wanted: RecordSearch | TraceSearch, page: Page[Any]) -> list[models.Hint]:
    """What there is to say of the keys of a search, on its first page."""
    if wanted.cursor is not None:
        return []
    return in_words(hints(engine, wanted.project, level, wanted.where, found=bool(page.items)))


def in_words(given: Iterable[Hint]) -> list[models.Hint]:
    """Each with its sentence."""
    return [
        models.Hint(
            key=each.key,
            message=_sentence(each),
            suggestions=list(each.suggestions),
        )
        for each in given
    ]


def _sentence(hint: Hint) -> str:
    key = excerpt(hint.key, 60)
    if hint.field_of is not None:
        there, here = ("spans", "log records") if hint.field_of == "spans" else ("log records", "spans")
        return f"`{key}` is a field of {there}; of {here} it is an attribute, which nothing that is kept has."
    meant = " or ".join(f"`{name}`" for name in hint.suggestions)
    return f"Nothing that is kept has the key `{key}`." + (f" Did you mean {meant}?" if meant else "")
