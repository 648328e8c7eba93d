"""Two sets of spans held against each other: what tells them apart, and where their calls differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from spanwise_collector.diagnose.call_changes import Change, Typical, changes
from spanwise_collector.diagnose.separation import Separated, Sizes, Where, separate
from spanwise_collector.query.compare_attributes import attributes
from spanwise_collector.query.compare_sample import Sample, sample, trees
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.language.tree import Key, Node, Term, walk
from spanwise_collector.store import Engine
from spanwise_collector.trace.call_tree import Side, merged
from spanwise_collector.trace.tree import Node as Placed

_FAILED: Final = Key("field", "failed")


@dataclass(frozen=True, slots=True)
class Asked:
    """Two sets; how times and calls of `b` become one figure; from which duration (ns) on a span is in `a`, if so."""

    a: Rows
    b: Rows
    usual: Typical = "mean"
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What was looked at and found; `subjects` are the compared spans whose trees were merged, of `a` and of `b`."""

    asked: Asked
    a: Sample
    b: Sample
    subjects: tuple[int, int]
    separated: Separated
    changes: list[Change]


def compare(engine: Engine, asked: Asked) -> Compared:
    """Hold two sets against each other. The same rows give the same answer, in any order of arrival."""
    a, b = sample(engine, asked.a), sample(engine, asked.b)
    subjects: dict[Side, Sequence[Placed]] = {"a": trees(engine, a), "b": trees(engine, b)}
    counts: dict[Side, int] = {"a": len(subjects["a"]), "b": len(subjects["b"])}
    sizes: dict[Where, Sizes] = {
        "span": Sizes(a.heads, b.heads),
        "trace": Sizes(_traces(subjects["a"]), _traces(subjects["b"])),
    }
    chosen_by = frozenset((*_keys(asked.a.where), *_keys(asked.b.where)))
    both = bool(a.heads and b.heads)
    return Compared(
        asked,
        a,
        b,
        (counts["a"], counts["b"]),
        separate(attributes(engine, a, b) if both else [], sizes, chosen_by),
        changes(merged(subjects), counts, asked.usual),
    )


def _traces(subjects: Sequence[Placed]) -> int:
    return len({node.span.trace_id for node in subjects})


def _keys(where: Node) -> Iterator[tuple[bool, str]]:
    """The keys that a condition looks at: whether each is a field, and its name."""
    for each in walk(where):
        if isinstance(each, Term):
            yield each.key.scope == "field", each.key.name
            if each.key == _FAILED:
                # What failed has such a status nearly always: that would be told first, and say nothing.
                yield True, "status"
