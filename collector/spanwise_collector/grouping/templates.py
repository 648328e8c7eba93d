"""Forms of log records joined to templates: which words of equally built forms are parameters.

The result is a function of the set of forms alone: not of their order, nor of how often each came.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from spanwise_collector.grouping.words import ANY, parts, tidy, words

MOST_FORMS: Final = 5_000
"""Forms of one service that are compared with each other; of more, each further one stays a template of its own."""

_LITTLE_WORDS: Final = frozenset([
    "a", "an", "and", "as", "at", "be", "by", "for", "from", "has", "have", "if", "in", "into", "is", "it",
    "its", "no", "not", "of", "off", "on", "or", "out", "the", "to", "up", "was", "will", "with",
])  # fmt: skip
# After these a name follows more often than a word of the language.
_BEFORE_A_NAME: Final = frozenset([
    "user", "users", "for", "from", "by", "to", "host", "client", "server", "database", "role", "table",
    "relation", "column", "named", "name", "file", "directory", "service", "unit", "target", "module",
    "worker", "process", "function", "key", "topic", "queue", "index", "job", "task", "on", "of", "in",
    "schema", "type",
])  # fmt: skip
_LEVELS: Final = frozenset([
    "error", "fatal", "warning", "warn", "info", "debug", "notice", "critical", "panic", "log", "hint",
    "detail",
])  # fmt: skip
_FEW: Final = 3
_MANY: Final = 5
_VERY_MANY: Final = 12
_TAILS: Final = 8


@dataclass(frozen=True, slots=True)
class Template:
    """Forms that differ in nothing but parameters, which `text` shows as <*>; named by its least form."""

    id: int
    text: str
    forms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    id: int
    parts: tuple[str, ...]


def templates(forms: Mapping[int, str]) -> list[Template]:
    """Join the forms of one service, each with its id, to templates in the order of their ids."""
    by_text: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, text in sorted(forms.items())[:MOST_FORMS]:
        by_text[parts(tidy(text))].append(number)
    built: dict[tuple[str, ...], list[_Form]] = defaultdict(list)
    same: dict[int, list[int]] = {}
    for text_parts, ids in by_text.items():
        same[ids[0]] = ids
        built[_build(text_parts)].append(_Form(ids[0], text_parts))
    spoken = _spoken(built)
    groups = [group for each in built.values() for group in _split(each, spoken)]
    made = [_template(group, same) for group in _join_tails([(_common(group), group) for group in groups])]
    rest = [Template(number, tidy(text), (number,)) for number, text in sorted(forms.items())[MOST_FORMS:]]
    return sorted(made + rest, key=lambda each: each.id)


def _build(of: tuple[str, ...]) -> tuple[str, ...]:
    """What forms have in common that are compared: their punctuation, and where words are."""
    return tuple("w" if part == ANY or words(part) else part for part in of)


def _spoken(built: Mapping[tuple[str, ...], list[_Form]]) -> set[str]:
    """Words that occur in forms of more than one build: rather the program's own than a parameter's."""
    once: set[str] = set()
    more: set[str] = set()
    for forms in built.values():
        found = {part for form in forms for part in form.parts}
        more |= once & found
        once |= found
    return more


def _split(forms: list[_Form], spoken: set[str]) -> list[list[_Form]]:
    """Forms of one build in groups that differ only in parameters."""
    groups, waiting = [], [forms]
    while waiting:
        group = waiting.pop()
        columns = list(zip(*(form.parts for form in group), strict=True))
        varied = {place: set(column) for place, column in enumerate(columns) if len(set(column)) > 1}
        constant = [columns[place][0] for place in range(len(columns)) if place not in varied]
        telling = sum(1 for part in constant if words(part) and part != ANY and part.lower() not in _LITTLE_WORDS)
        fixed = [
            place
            for place, values in varied.items()
            if (len(varied) > 1 and (telling < len(varied) or _depends(columns, place, len(group))))
            or not _is_parameter(_word_before(columns, place), values, telling, spoken)
        ]
        if not fixed:
            groups.append(group)
            continue
        place = min(fixed, key=lambda each: (len(varied[each]), each))
        apart: dict[str, list[_Form]] = defaultdict(list)
        for form in group:
            apart[form.parts[place]].append(form)
        waiting.extend(apart.values())
    return groups


def _is_parameter(before: str | None, values: set[str], telling: int, spoken: set[str]) -> bool:
    """Whether the words that stand at one place of equally built forms, after the word `before`, are a parameter's."""
    if telling == 0:
        return ANY in values and before is not None
    if before == "=" or (ANY in values and telling >= 2):
        return True
    if ANY not in values and (before is None or any(each.lower() in _LITTLE_WORDS for each in values)):
        return len(values) >= _VERY_MANY
    named = before in _BEFORE_A_NAME or (telling >= 2 and not values & spoken)
    return len(values) >= (_FEW if ANY in values or named else _MANY)


def _depends(columns: list[tuple[str, ...]], place: int, forms: int) -> bool:
    """Whether the word at a place says which of several statements it is: it has few values beside another's many."""
    own = len(set(columns[place]))
    most = max(len(set(column)) for column in columns)
    return own < _MANY and own * 2 <= most and own * 2 <= forms


def _word_before(columns: list[tuple[str, ...]], place: int) -> str | None:
    """The word before a place, in lower case, "=" where the place is the value of a key; None where there is none."""
    for before in range(place - 1, -1, -1):
        part = columns[before][0]
        if part == "=":
            return "="
        if words(part) or part == ANY:
            return part.lower()
    return None


def _common(group: list[_Form]) -> tuple[str, ...]:
    columns = zip(*(form.parts for form in group), strict=True)
    return tuple(column[0] if len(set(column)) == 1 else ANY for column in columns)


def _join_tails(groups: list[tuple[tuple[str, ...], list[_Form]]]) -> Iterable[tuple[str, list[_Form]]]:
    """Join groups that begin alike up to a colon and go on in many ways: what follows is free text.

    Of several colons the last counts behind which there are many ways.
    """
    left = dict(enumerate(groups))
    headed: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, (common, _) in left.items():
        for head in _heads(common):
            headed[head].add(number)
    for head in sorted(headed, key=lambda each: (-len(each), each)):
        members = headed[head] & left.keys()
        if len(members) >= _TAILS:
            yield "".join((*head, " ", ANY)), [form for each in sorted(members) for form in left.pop(each)[1]]
    yield from (("".join(common), group) for common, group in left.values())


def _heads(of: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The beginnings of a form up to each colon before a space, but for those that say nothing or only a level."""
    for place, part in enumerate(of[:-2]):
        said = [each for each in of[:place] if words(each) and each != ANY and each.lower() not in _LEVELS]
        if said and part == ":" and of[place + 1] == " ":
            yield of[: place + 1]


def _template(of: tuple[str, list[_Form]], same: dict[int, list[int]]) -> Template:
    text, group = of
    ids = sorted(number for form in group for number in same[form.id])
    return Template(ids[0], tidy(text), tuple(ids))
