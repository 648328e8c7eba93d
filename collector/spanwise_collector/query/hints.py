"""Keys of a query that nothing has which is kept, and what was probably meant by them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.query.language.fields import FIELDS, field_of, names
from spanwise_collector.query.language.mistakes import nearest
from spanwise_collector.query.language.tree import And, Key, Level, Node, Pipeline, Signal, Spans, Term, walk
from spanwise_collector.query.language.write import key_text, name_of
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import attributes

_columns: Final = attributes.c
# So many known keys, the most frequent, may be what was meant.
_NEAR: Final = 2000
_CATALOGUED: Final = ("plain", "attribute", "resource", "scope", "event")
# What a scope or an event has besides attributes.
_OWN: Final = {"scope": ("name", "version"), "event": ("name",)}


@dataclass(frozen=True, slots=True)
class Hint:
    """A key as it is written in a query, and known ones that it may be a misspelling of, the likeliest first.

    `field_of` is the other signal, where the key is a field of that.
    """

    key: str
    suggestions: tuple[str, ...]
    field_of: Signal | None = None


def hints(
    engine: Engine, project: str, level: Level, where: Node, *, found: bool, pipeline: Pipeline | None = None
) -> list[Hint]:
    """One for each key that the catalogue of the project does not have; most queries have none and ask for nothing.

    Where something was `found`, a key that all of it has exists, known or not: the catalogue is from a sample.
    """
    asked = _asked(where, found, pipeline)
    if not asked:
        return []
    inner: Level = "logs" if level == "logs" else "spans"
    of_project = (_columns.project == project, _columns.signal == inner)
    named = sorted({key.name for key in asked})
    rows = engine.read(select(_columns.scope, _columns.key).where(*of_project, _columns.key.in_(named)).distinct())
    there = {(row.scope, row.key) for row in rows}
    unknown = [key for key in asked if not any((scope, key.name) in there for scope in _scopes(key))]
    if not unknown:
        return []
    known = _known(engine, inner, of_project)
    return [_hint(inner, key, known) for key in unknown]


def _hint(level: Level, key: Key, known: Sequence[str]) -> Hint:
    name = key.name if key.scope == "plain" else f"{key.scope}.{key.name}"
    other: Signal = "spans" if level == "logs" else "logs"
    if key.scope == "plain" and field_of(other, name):
        return Hint(key_text(name), (), other)
    if name.startswith("trace."):
        known = [*(f"trace.{each}" for each in names("traces")), *known]
    return Hint(key_text(name), nearest(name, known))


def _known(engine: Engine, level: Level, of_project: Sequence[ColumnElement[bool]]) -> list[str]:
    query = (
        select(_columns.scope, _columns.key)
        .where(*of_project, _columns.scope.in_(("attribute", "resource", "event")))
        .group_by(_columns.scope, _columns.key)
        .order_by(func.sum(_columns.row_count).desc(), _columns.key)
        .limit(_NEAR)
    )
    keys = [Key("event" if row.scope == "event" else "plain", row.key) for row in engine.read(query)]
    fields = [field.name for field in FIELDS if level in field.levels]
    return fields + [name_of(level, key) for key in keys]


def _asked(where: Node, found: bool, pipeline: Pipeline | None) -> list[Key]:
    """The keys of attributes that a query names, each once, in its order."""
    keys = [node.key for node in (_doubtful(where) if found else walk(where)) if isinstance(node, Term)]
    if pipeline is not None:
        keys += [*pipeline.group, *(each.key for each in pipeline.measures if each.key is not None)]
    mine = (key for key in keys if key.scope in _CATALOGUED and key.name not in _OWN.get(key.scope, ()))
    return list(dict.fromkeys(mine))


def _doubtful(where: Node) -> Iterator[Node]:
    """What need not hold where the whole does."""
    match where:
        case Term():
            return
        case And(parts):
            for each in parts:
                yield from _doubtful(each)
        case Spans(part):
            yield from _doubtful(part)
        case _:
            yield from walk(where)


def _scopes(key: Key) -> tuple[str, ...]:
    return ("attribute", "resource") if key.scope == "plain" else (key.scope,)
