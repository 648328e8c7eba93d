"""What a query means: the search language's syntax tree evaluated in plain Python, over spans, log records and traces.

This is the definition. The engine's answers are compared with it over generated queries (test_query_language.py).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import re2  # type: ignore[import-untyped]
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import CLIENT, SERVER, Span
from spanwise_collector.query.language.tree import (
    And,
    Below,
    Count,
    Equals,
    Exists,
    FreeText,
    Key,
    Like,
    Node,
    Not,
    Number,
    Or,
    Order,
    Range,
    Regex,
    Spans,
    SpanSet,
    Term,
    Test,
)

Record = Span | LogRecord
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


def holds(node: Node, record: Record) -> bool:
    """Whether a condition holds for one span or log record."""
    match node:
        case And(parts):
            return all(holds(each, record) for each in parts)
        case Or(parts):
            return any(holds(each, record) for each in parts)
        case Not(part):
            return not holds(part, record)
        case FreeText(text):
            return any(_fold(text) in _fold(each) for each in _texts(record))
        case Term(key, Exists()):
            # A field is there unless it is empty; anything else is there even where it is.
            return any(value != "" or not _is_field(key) for value in values(key, record))
        case Term(key, test):
            return any(passes(test, value) for value in values(key, record))
    raise TypeError(node)


def _is_field(key: Key) -> bool:
    return key.scope in ("field", "trace") or (key.scope == "scope" and key.name in ("name", "version"))


def _texts(record: Record) -> list[str]:
    """Where free text is looked for."""
    if isinstance(record, LogRecord):
        return [text_of(record.body)]
    events = [text for event in record.events for text in (event.name, *map(text_of, event.attributes.values()))]
    return [record.name, record.status_message, *map(text_of, record.attributes.values()), *events]


def _fold(text: str) -> str:
    """Each letter in lower case, where that is one letter."""
    return "".join(each.lower() if len(each.lower()) == 1 else each for each in text)


def values(key: Key, record: Record) -> list[str | int]:  # noqa: C901, PLR0911 - a case a scope
    """The values that a record has under a key: none, one, or of events and links several."""
    match key.scope:
        case "field":
            return [_field(key.name, record)]
        case "plain":
            return _named(record.attributes, key.name) or _named(record.resource.attributes, key.name)
        case "attribute":
            return _named(record.attributes, key.name)
        case "resource":
            return _named(record.resource.attributes, key.name)
        case "scope":
            if key.name in ("name", "version"):
                return [getattr(record.scope, key.name)]
            return _named(record.scope.attributes, key.name)
        case "event" if isinstance(record, Span):
            if key.name == "name":
                return [event.name for event in record.events]
            return [value for event in record.events for value in _named(event.attributes, key.name)]
        case "link" if isinstance(record, Span):
            if key.name in ("trace_id", "span_id"):
                return [getattr(link, key.name) for link in record.links]
            return [value for link in record.links for value in _named(link.attributes, key.name)]
    raise ValueError(key)


def _named(attributes: Mapping[str, Any], name: str) -> list[str | int]:
    return [text_of(attributes[name])] if name in attributes else []


def _field(name: str, record: Record) -> str | int:
    if name in ("status", "severity"):
        return record.status_code if isinstance(record, Span) else record.severity_number
    if name == "body" and isinstance(record, LogRecord):
        return text_of(record.body)
    found: str | int = getattr(record, name)
    return found


def text_of(value: Any) -> str:
    """An attribute's value as a person would type it (ADR-0004)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0").replace("e+", "e")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, str | int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# What varies from record to record: text in quotes, words with a digit in them, addresses of mail, paths.
_VARIES = re.compile(
    r"""\"(?:[^\"\\]|\\.)*\"|[A-Za-z_./@+%\#-]*[0-9][0-9A-Za-z_./@+%\#:-]*|[A-Za-z_.+-]+@[A-Za-z_.-]+"""
    r"""|(?:/[A-Za-z_.+%~-]+){2,}/?"""
)
_IN_QUOTES = re.compile(r"([ =:(,\[])'[^']*'")
_IN_JSON = re.compile(r"""(:)(?:\"(?:[^\"\\]|\\.)*\"|[^,{}\[\]\"]+)""")


def form_of(record: LogRecord) -> str:
    """What records of one pattern have in common besides their service; of one without a body its event's name."""
    text = text_of(record.body)
    if not text:
        return record.event_name
    if isinstance(record.body, Mapping | list):
        return _IN_JSON.sub(r"\1<*>", text)
    return _IN_QUOTES.sub(r"\1<*>", _VARIES.sub("<*>", text.lstrip(" ").split("\n", 1)[0]))


def is_number(text: str) -> bool:
    """Whether a text is a number as a whole."""
    return _NUMBER.fullmatch(text) is not None


def passes(test: Test, value: str | int) -> bool:  # noqa: PLR0911 - a case a test
    """Whether one value passes a test."""
    match test:
        case Exists():
            return True
        case Equals(text):
            return value == text
        case Like(parts):
            return re.fullmatch(".*".join(map(re.escape, parts)), str(value), re.DOTALL) is not None
        case Regex(pattern):
            options = re2.Options()
            options.dot_nl = True
            return re2.compile(pattern, options).search(value) is not None
        case Number(operator, than):
            if isinstance(value, int):
                return _OPERATORS[operator](value, than)
            return is_number(value) and _OPERATORS[operator](float(value), float(than))
        case Order(operator, text):
            return _OPERATORS[operator](str(value), text)
        case Range(low, high):
            return passes(low, value) and passes(high, value)
    raise TypeError(test)


def trace_holds(node: Node, spans: Sequence[Span]) -> bool:  # noqa: PLR0911 - a case a node
    """Whether a condition on traces holds for the trace of these spans."""
    match node:
        case And(parts):
            return all(trace_holds(each, spans) for each in parts)
        case Or(parts):
            return any(trace_holds(each, spans) for each in parts)
        case Not(part):
            return not trace_holds(part, spans)
        case Spans() | Below():
            return bool(found(node, spans))
        case Count(of, operator, number):
            return _OPERATORS[operator](len(found(of, spans)), number)
        case Term(key, Exists()):
            return any(value != "" for value in _of_trace(key.name, spans))
        case Term(key, test):
            return any(passes(test, value) for value in _of_trace(key.name, spans))
    raise TypeError(node)


def found(wanted: SpanSet, spans: Sequence[Span]) -> list[int]:
    """Which spans of a trace are in a set, by their place in `spans`."""
    if isinstance(wanted, Spans):
        return [place for place, span in enumerate(spans) if holds(wanted.where, span)]
    above = set(found(wanted.above, spans))
    return [place for place in found(wanted.below, spans) if above & _above(place, spans, direct=wanted.direct)]


def _above(place: int, spans: Sequence[Span], *, direct: bool) -> set[int]:
    """The parents of a span, or all that stand above it."""
    reached = set(_parents(spans[place], spans))
    waiting = [] if direct else list(reached)
    while waiting:
        more = set(_parents(spans[waiting.pop()], spans)) - reached
        reached |= more
        waiting.extend(more)
    return reached


def _parents(span: Span, spans: Sequence[Span]) -> list[int]:
    if span.kind == SERVER:
        shared = [n for n, each in enumerate(spans) if each.span_id == span.span_id and each.kind == CLIENT]
        if shared:
            return shared
    if span.parent_span_id in ("", span.span_id):
        return []
    named = [n for n, each in enumerate(spans) if each.span_id == span.parent_span_id]
    return [n for n in named if spans[n].kind == SERVER] or named


def _of_trace(name: str, spans: Sequence[Span]) -> list[str | int]:
    start = min(span.start for span in spans)
    roots = [(span.start, span.service, span.name) for span in spans if not span.parent_span_id]
    found: dict[str, Callable[[], Sequence[str | int]]] = {
        "id": lambda: [spans[0].trace_id],
        "start": lambda: [start],
        "duration": lambda: [max(span.start + span.duration for span in spans) - start],
        "spans": lambda: [len(spans)],
        "errors": lambda: [sum(span.status_code == 2 for span in spans)],
        "services": lambda: [len({span.service for span in spans})],
        "service": lambda: sorted({span.service for span in spans}),
        "root.service": lambda: [min(roots)[1]] if roots else [],
        "root.name": lambda: [min(roots)[2]] if roots else [],
    }
    return list(found[name]())
