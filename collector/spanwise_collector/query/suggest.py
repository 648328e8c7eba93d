"""What can stand at a place of a query that is being typed: keys, operators, values and units, from the catalogue."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.errors import InvalidQuery
from spanwise_collector.query.language.fields import FIELDS, HAS, Field, Kind
from spanwise_collector.query.language.mistakes import Place
from spanwise_collector.query.language.quantity import DURATIONS
from spanwise_collector.query.language.stage import Stage, stage_of
from spanwise_collector.query.language.terms import key_of
from spanwise_collector.query.language.tree import Key, Level
from spanwise_collector.query.language.write import key_text, name_of, value_text
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import attributes

DAY: Final = 86_400_000_000_000
_TYPES: Final = ("none", "string", "bool", "int", "double", "array", "map", "bytes")
_columns: Final = attributes.c
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
_WORD: Final = re.compile(
    r'(?:(?<=[:=])/(?!\s)(?:[^/\\]|\\.)+/(?=[\s)}|]|$)|[^\s(){}|"\\]|\\.|"(?:[^"\\]|\\.)*"?)*', re.DOTALL
)
_TERM: Final = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s:<>=!"(){}|,]*)(!=|>=|<=|[:=<>])(.*)', re.DOTALL)
_OPERATORS: Final[dict[str, tuple[str, ...]]] = {
    "text": (":", "!=", ":*", ":/"),
    "number": (":", "!=", ">", ">=", "<", "<=", ":["),
    "choice": (":", "!="),
    "ordered": (":", "!=", ">", ">=", "<", "<="),
    "id": (":", ":*"),
}
# Of so many, the most frequent, those are found that are only spelled nearly so.
_FUZZY: Final = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """A text with a cursor after so many of its characters, and the days whose catalogue is looked at."""

    project: str
    level: Level
    text: str
    cursor: int
    start: int
    end: int
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text` replaces the place of the answer; `count` is an estimate, None where nothing was counted."""

    text: str
    what: Literal["key", "operator", "value", "unit"]
    type: str
    count: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Best first. They replace the `length` characters from `start` on; `more` were left out by the limit."""

    start: int
    length: int
    what: Literal["key", "operator", "value"]
    key: str | None
    found: list[Suggestion]
    more: bool


def suggest(engine: Engine, asked: Asked) -> Suggestions:
    """What begins with what is typed, then what holds it, then what is spelled nearly so; the most frequent first."""
    begin, stages = _begin_of_word(asked.text, asked.cursor)
    if stages:
        return _in_stage(engine, asked, stage_of(asked.text[stages[-1] : asked.cursor], group=len(stages) == 1))
    word = asked.text[begin : asked.cursor].lstrip("-")
    begin = asked.cursor - len(word)
    term = _TERM.fullmatch(word)
    if term is None:
        return _keys(engine, asked, begin, _plain(word))
    name, operator, written = _plain(term[1]), term[2], term[3]
    start = asked.cursor - len(written)
    typed = _plain(written)
    found = list(_values(engine, asked, name, operator, typed))
    return _limited(asked, Suggestions(start, len(written), "value", name, _ranked(found, typed), False))


def _begin_of_word(text: str, cursor: int) -> tuple[int, list[int]]:
    """Where the word begins in which the cursor stands, and the stages before it, each behind a pipe.

    A quotation or an expression may hold blanks and pipes; two pipes are an OR.
    """
    place, stages = 0, []
    while place < cursor:
        end = _WORD.match(text, place, cursor).end()  # type: ignore[union-attr]
        if end >= cursor:
            break
        place = end + 2 if text.startswith("||", end) else end + 1
        stages += [place] if text[end:place] == "|" else []
    return min(place, cursor), stages


def _in_stage(engine: Engine, asked: Asked, stage: Stage) -> Suggestions:
    begin = asked.cursor - len(stage.typed)
    if stage.what == "key":
        return _keys(engine, asked, begin, _plain(stage.typed), alone=True)
    if stage.what == "length":
        made = Suggestions(begin, len(stage.typed), "value", "every", list(_lengths(stage.typed)), False)
    else:
        words = _ranked([Suggestion(each, "operator", "stage") for each in stage.words], stage.typed)
        made = Suggestions(begin, len(stage.typed), "operator", None, words, False)
    return _limited(asked, made)


def _plain(written: str) -> str:
    inside = written[1:] if written.startswith('"') else written
    inside = inside[:-1] if written.startswith('"') and len(written) > 1 and written.endswith('"') else inside
    return re.sub(r"\\(.)", r"\1", inside, flags=re.DOTALL)


def _limited(asked: Asked, made: Suggestions) -> Suggestions:
    more = len(made.found) > asked.limit
    return Suggestions(made.start, made.length, made.what, made.key, made.found[: asked.limit], more)


def _ranked(found: Iterable[Suggestion], typed: str) -> list[Suggestion]:
    """Those that have to do with what is typed, in their order within each degree of likeness."""
    wanted = typed.lower()
    nearly = set(difflib.get_close_matches(wanted, {_bare(each) for each in found}, n=20, cutoff=0.7)) if wanted else ()

    def likeness(each: Suggestion) -> int:
        text = _bare(each)
        if text.startswith(wanted):
            return 0
        if wanted in text:
            return 1
        return 2 if text in nearly else 3

    return sorted((each for each in found if likeness(each) < 3), key=likeness)


def _bare(each: Suggestion) -> str:
    return each.text.strip('"').lower()


def _signal(level: Level) -> str:
    return "logs" if level == "logs" else "spans"


def _days(asked: Asked) -> list[ColumnElement[bool]]:
    return [
        _columns.project == asked.project,
        _columns.signal == _signal(asked.level),
        _columns.day >= asked.start // DAY,
        _columns.day <= (asked.end - 1) // DAY,
    ]


def _keys(engine: Engine, asked: Asked, begin: int, typed: str, *, alone: bool = False) -> Suggestions:
    """`alone`: no term begins with the key."""
    count = func.sum(_columns.row_count)
    query = (
        select(
            _columns.scope,
            _columns.key,
            func.argMax(_columns.type, _columns.row_count).label("type"),
            count.label("n"),
        )
        .where(*_days(asked), _columns.scope != "field", _columns.scope != "scope")
        .group_by(_columns.scope, _columns.key)
        .order_by(count.desc(), _columns.scope, _columns.key)
        .limit(_FUZZY)
    )
    inner: Level = "logs" if asked.level == "logs" else "spans"
    found = list(_fields(asked.level))
    seen = {each.text for each in found}
    for row in engine.read(query):
        key = Key(row.scope, row.key) if row.scope == "event" else Key("plain", row.key)
        text = key_text(name_of(inner, key))
        if text not in seen:
            seen.add(text)
            found.append(Suggestion(text, "key", _type(row.type), row.n))
    if alone:
        return _limited(asked, Suggestions(begin, asked.cursor - begin, "key", None, _ranked(found, typed), False))
    found += [
        Suggestion(f"has:{each}", "key", "short form", None, f"short for {HAS[inner][each]}") for each in HAS[inner]
    ]
    made = _ranked(found, typed)
    if not made or (typed and any(_bare(each) == typed.lower() for each in made)):
        made = [*_operators(asked.level, typed), *made]
    return _limited(asked, Suggestions(begin, asked.cursor - begin, "key", None, made, False))


def _fields(level: Level) -> Iterable[Suggestion]:
    for each in FIELDS:
        if level in each.levels or (level == "traces" and "spans" in each.levels):
            name = f"trace.{each.name}" if "traces" in each.levels else each.name
            yield Suggestion(name, "key", each.kind.value, None, each.description)


def _field(level: Level, name: str) -> tuple[Key, Field | None] | None:
    try:
        if level == "traces" and not name.startswith("trace."):
            level = "spans"
        return key_of(level, name, Place(0, len(name)))
    except InvalidQuery:
        return None


def _operators(level: Level, name: str) -> Iterable[Suggestion]:
    named = _field(level, name)
    if named is None or not name:
        return
    field = named[1]
    kind = "number" if field is None else _KINDS[field.kind]
    for operator in _OPERATORS[kind]:
        yield Suggestion(f"{key_text(name)}{operator}", "operator", kind)


_KINDS: Final = {
    Kind.TEXT: "text",
    Kind.DURATION: "ordered",
    Kind.TIME: "ordered",
    Kind.COUNT: "ordered",
    Kind.CHOICE: "choice",
    Kind.SEVERITY: "ordered",
    Kind.ID: "id",
}


def _values(engine: Engine, asked: Asked, name: str, operator: str, typed: str) -> Iterable[Suggestion]:
    inner: Level = "logs" if asked.level == "logs" else "spans"
    if name == "has":
        yield from (Suggestion(each, "value", "short form", None, text) for each, text in HAS[inner].items())
        return
    named = _field(asked.level, name)
    if named is None:
        return
    key, field = named
    if field is not None and field.choices:
        yield from (Suggestion(word, "value", field.kind.value) for word, _ in field.choices)
    elif field is not None and field.kind is Kind.DURATION:
        yield from _lengths(typed)
    elif field is None or field.kind is Kind.TEXT:
        scope = "field" if key.scope == "trace" else key.scope
        yield from _counted(engine, asked, Key(scope, key.name.removeprefix("root.")), typed)


def _lengths(typed: str) -> Iterable[Suggestion]:
    digits = re.match(r"[0-9.]*", typed)
    number = (digits[0] if digits else "") or "1"
    yield from (Suggestion(f"{number}{unit}", "unit", "duration") for unit in DURATIONS if unit.isascii())


def _counted(engine: Engine, asked: Asked, key: Key, typed: str) -> Iterable[Suggestion]:
    scopes = ("attribute", "resource") if key.scope == "plain" else (key.scope,)
    count = func.sum(_columns.row_count)
    query = select(_columns.value, func.max(_columns.type).label("type"), count.label("n")).where(
        *_days(asked), _columns.scope.in_(scopes), _columns.key == key.name, _columns.kept == 1
    )
    begins = func.startsWith(func.lower(_columns.value), typed.lower()).desc()
    query = query.group_by(_columns.value).order_by(begins, count.desc(), _columns.value)
    held = query.where(_columns.value.op("ILIKE")(f"%{typed.translate(_ESCAPED)}%"))
    rows = engine.read(held.limit(asked.limit + 1))
    if not rows:
        rows = engine.read(query.limit(_FUZZY))
    for row in rows:
        yield Suggestion(value_text(row.value), "value", _type(row.type), row.n)


def _type(number: int) -> str:
    return _TYPES[number] if number < len(_TYPES) else "string"
