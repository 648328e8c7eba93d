"""From the parser's tree to the syntax tree: every word gets its meaning, and what cannot be meant is refused."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lark import Token, Tree
from lark.visitors import Transformer_NonRecursive, v_args

from spanwise_collector.query.language import pipeline
from spanwise_collector.query.language.mistakes import Place
from spanwise_collector.query.language.terms import Written, is_trace_key, term
from spanwise_collector.query.language.tree import (
    EVERYTHING,
    And,
    Below,
    Count,
    FreeText,
    Level,
    Node,
    Not,
    Or,
    Pipeline,
    Query,
    Spans,
    all_of,
    any_of,
)

_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Built:
    """A node with its place in the text, how deep it is, and whether it is of a whole trace."""

    node: Node
    place: Place
    depth: int = 1
    whole: bool = False


@v_args(meta=True)
class Builder(Transformer_NonRecursive[Token, Any]):
    """Makes a Query for one level, of at most so many terms and so deep. Methods have the names of grammar.lark."""

    def __init__(self, level: Level, terms: int, depth: int, now: int, expand: Callable[[str, Level], Query]) -> None:
        super().__init__()
        self._level: Level = level
        # What stands alone or in braces is always about one span or record.
        self._inner: Level = "logs" if level == "logs" else "spans"
        self._most_terms = terms
        self._most_depth = depth
        self._terms = 0
        self._now = now
        self._expand = expand

    def start(self, meta: Any, children: list[Any]) -> Query:
        where: Node = EVERYTHING
        found: Pipeline | None = None
        for child in children:
            if isinstance(child, Pipeline):
                found = child
            else:
                where = self._lifted(child) if self._level == "traces" else child.node
        return Query(where, found)

    def either(self, meta: Any, children: list[Built]) -> Built:
        return self._joined(children, any_of, Or)

    def all(self, meta: Any, children: list[Built]) -> Built:
        return self._joined(children, all_of, And)

    def _joined(self, children: list[Built], join: Callable[..., Node], kind: type[Or] | type[And]) -> Built:
        if any(each.whole for each in children):
            # What is said of single spans is said of one span: it stays together.
            single = [each.node for each in children if not each.whole]
            whole = [each.node for each in children if each.whole]
            node = join(*([Spans(join(*single))] if single else []), *whole)
        else:
            node = join(*(each.node for each in children))
        deepest = max(each.depth - isinstance(each.node, kind) for each in children)
        return self._built(node, children[0].place, deepest + 1, any(each.whole for each in children))

    def negation(self, meta: Any, children: list[Built]) -> Built:
        (child,) = children
        return self._built(Not(child.node), child.place, child.depth + 1, child.whole)

    def path(self, meta: Any, children: list[Any]) -> Built:
        found: Built = children[0]
        for step, below in zip(children[1::2], children[2::2], strict=True):
            place = Place(step.start_pos, len(step))
            if self._level != "traces":
                raise place.wrong(f"`{step}` is about whole traces: it can be asked in a search for traces.")
            above_set, below_set = (each.node for each in (found, below))
            if not isinstance(above_set, Spans | Below) or not isinstance(below_set, Spans | Below):
                raise place.wrong(
                    f"`{step}` stands between spans in braces: {{ service:a }} {step} {{ service:b }}.", "{"
                )
            node = Below(above_set, below_set, str(step) == ">")
            found = self._built(node, found.place, max(found.depth, below.depth) + 1, True)
        return found

    def braces(self, meta: Any, children: list[Built]) -> Built:
        place = Place(meta.start_pos, meta.end_pos - meta.start_pos)
        inside = children[0] if children else Built(EVERYTHING, place)
        if inside.whole:
            raise inside.place.wrong("within braces everything is said of one span; this is of a whole trace.")
        if self._level != "traces":
            return self._built(inside.node, place, inside.depth + 1)
        return self._built(Spans(inside.node), place, inside.depth + 1, True)

    def counted(self, meta: Any, children: list[Built]) -> Built:
        return children[0]

    def count(self, meta: Any, children: list[Any]) -> Built:
        *found, compare, number = children
        place = Place(meta.start_pos, meta.end_pos - meta.start_pos)
        if self._level != "traces":
            raise place.wrong("`count(…)` counts the spans of a trace: it can be asked in a search for traces.")
        inner: Built = found[0] if found else Built(Spans(EVERYTHING), place)
        spans = inner.node
        if not isinstance(spans, Spans | Below):
            raise inner.place.wrong("`count` counts spans in braces: count({ service:db }) > 3.", "{")
        operator = "=" if compare == "!=" else str(compare)
        node: Node = Count(spans, operator, int(number))  # type: ignore[arg-type]
        self._one_more(place)
        return self._built(Not(node) if compare == "!=" else node, place, inner.depth + 1, True)

    def term(self, meta: Any, children: list[Any]) -> Built:
        key, *operators, value = children
        place = Place(meta.start_pos, meta.end_pos - meta.start_pos)
        self._one_more(place)
        name = _unquoted(key)
        level: Level = "traces" if self._level == "traces" and is_trace_key(name) else self._inner
        operator = str(operators[0]) if operators else ":"
        made = term(level, (name, Place(key.start_pos, len(key))), operator, value, self._now)
        if isinstance(made, str):
            made = self._expand(made, self._inner).where
        return self._built(made, place, 1, level == "traces")

    def text(self, meta: Any, children: list[Token]) -> Built:
        (token,) = children
        place = Place(token.start_pos or 0, len(token))
        self._one_more(place)
        if token.value == "*":
            return self._built(EVERYTHING, place)
        text = _unquoted(token)
        return self._built(FreeText(text) if text else EVERYTHING, place)

    def bare(self, meta: Any, children: list[Token]) -> Written:
        return Written("bare", (str(children[0]),), (False,), _place(children[0]))

    def quoted(self, meta: Any, children: list[Token]) -> Written:
        return Written("quoted", (children[0][1:-1],), (True,), _place(children[0]))

    def regex(self, meta: Any, children: list[Token]) -> Written:
        return Written("regex", (children[0][1:-1].replace("\\/", "/"),), (False,), _place(children[0]))

    def bound(self, meta: Any, children: list[Token]) -> tuple[str, bool]:
        quoted = children[0].type == "STRING"
        return (children[0][1:-1] if quoted else str(children[0])), quoted

    def range(self, meta: Any, children: list[Any]) -> Written:
        ends = [each for each in children if isinstance(each, tuple)]
        place = Place(meta.start_pos, meta.end_pos - meta.start_pos)
        return Written("range", tuple(text for text, _ in ends), tuple(quoted for _, quoted in ends), place)

    def pipeline(self, meta: Any, children: list[Any]) -> Pipeline:
        if self._level == "traces":
            raise Place(meta.start_pos, 1).wrong("a list of traces has no groups: ask /api/v1/aggregate for them.")
        return pipeline.made(self._inner, [each for each in children if isinstance(each, Tree)])

    def _one_more(self, place: Place) -> None:
        self._terms += 1
        if self._terms > self._most_terms:
            raise place.wrong(
                f"the query has more than {self._most_terms} terms, the limit query_terms."
                " Use a pattern with * or a regular expression in place of many values."
            )

    def _built(self, node: Node, place: Place, depth: int = 1, whole: bool = False) -> Built:
        if depth > self._most_depth:
            raise place.wrong(f"terms are nested deeper than {self._most_depth}, the limit query_depth.")
        return Built(node, place, depth, whole)

    @staticmethod
    def _lifted(built: Built) -> Node:
        """A condition on spans, said of a trace, means that one of its spans is so."""
        if built.whole or built.node == EVERYTHING:
            return built.node
        return Spans(built.node)


def _place(token: Token) -> Place:
    return Place(token.start_pos or 0, len(token))


def _unquoted(token: Token) -> str:
    text = token[1:-1] if token.startswith('"') and token.endswith('"') and len(token) > 1 else str(token)
    return _ESCAPE.sub(r"\1", text)
