"""The syntax tree of a query: what must hold, with every word already understood.

A condition is about one span or log record, and has no Spans, Below or Count; a condition on a trace has those and
terms of the trace, and the others only within Spans. What a node means is written twice more: as
SQL (`query/conditions.py`, `query/trace_conditions.py`) and as plain Python (`tests/contract/query_definition.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Operator: TypeAlias = Literal["=", ">", ">=", "<", "<="]
Signal: TypeAlias = Literal["spans", "logs"]
Level: TypeAlias = Literal["spans", "logs", "traces"]
Scope: TypeAlias = Literal["field", "plain", "attribute", "resource", "scope", "event", "link", "trace"]


@dataclass(frozen=True, slots=True)
class Key:
    """What a term looks at. `field` is a name of fields.py; `plain` is an attribute, else one of the resource."""

    scope: Scope
    name: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The key is there; a field is not empty."""


@dataclass(frozen=True, slots=True)
class Equals:
    """The whole text, upper and lower case told apart."""

    text: str


@dataclass(frozen=True, slots=True)
class Like:
    """The texts between the stars of a pattern: the first begins the value, the last ends it."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regex:
    """RE2 finds the pattern somewhere in the text; `.` is any character."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Number:
    """Of a number, or of a text that is one as a whole (then as 64-bit floating point)."""

    operator: Operator
    value: int | float


@dataclass(frozen=True, slots=True)
class Order:
    """Of a text, by code points."""

    operator: Operator
    text: str


@dataclass(frozen=True, slots=True)
class Range:
    """Both, for the same value."""

    low: Number | Order
    high: Number | Order


Test: TypeAlias = Exists | Equals | Like | Regex | Number | Order | Range


@dataclass(frozen=True, slots=True)
class Term:
    """A value of the key passes the test. Without the key it does not hold, and under Not it does."""

    key: Key
    test: Test


@dataclass(frozen=True, slots=True)
class FreeText:
    """Found in a record's body; of a span in its name, its status message, its attributes' values or its events."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All of them; holds where there are none."""

    parts: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans of a trace for which a condition holds; as a condition of the trace: that there is one."""

    where: "Node"


@dataclass(frozen=True, slots=True)
class Below:
    """Those of `below` that have a span of `above` as their parent (`direct`), or somewhere above them."""

    above: "SpanSet"
    below: "SpanSet"
    direct: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many spans of a trace are in a set."""

    of: "SpanSet"
    operator: Operator
    number: int


SpanSet: TypeAlias = Spans | Below
Node: TypeAlias = Term | FreeText | Not | And | Or | Spans | Below | Count

EVERYTHING: Final = And()


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a group: count, rate, or sum, avg, min, max, distinct or a percentile `p` of a key's values."""

    name: str
    function: Literal["count", "rate", "sum", "avg", "min", "max", "distinct", "percentile"]
    key: Key | None = None
    fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What to make of the spans or records found; `every` is the length of a time bucket in ns, 0 for none."""

    group: tuple[Key, ...] = ()
    names: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = (Measure("count", "count"),)
    every: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """`where` is a condition on a trace where traces are searched, on a span or record else."""

    where: Node = EVERYTHING
    pipeline: Pipeline | None = None


def all_of(*parts: Node) -> Node:
    """One node that holds where all of them do."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else [part])
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(*parts: Node) -> Node:
    """One node that holds where one of them does."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Or) else [part])
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    match node:
        case Not(part):
            yield from walk(part)
        case And(parts) | Or(parts):
            for each in parts:
                yield from walk(each)
        case Spans(where):
            yield from walk(where)
        case Below(above, below):
            yield from walk(above)
            yield from walk(below)
        case Count(of):
            yield from walk(of)


def required(node: Node, key: Key) -> str | None:
    """The text that `key` must equal wherever the whole of `node` holds, or None."""
    parts = node.parts if isinstance(node, And) else (node,)
    for part in parts:
        if isinstance(part, Term) and part.key == key and isinstance(part.test, Equals):
            return part.test.text
    return None
