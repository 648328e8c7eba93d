"""Gaps: time of a trace of which no span tells what happened, named as far as its spans allow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final, Literal, TypeAlias

from spanwise_collector.model.span import CLIENT, CONSUMER, SERVER, Span
from spanwise_collector.trace.critical_path import Section, handed_over
from spanwise_collector.trace.self_time import own_sections
from spanwise_collector.trace.tree import Node
from spanwise_collector.trace.waits import Wait, waits_of

GapKind: TypeAlias = Literal[
    "pool", "event loop", "lock", "gc", "other wait", "queue", "network", "not instrumented"
]  # fmt: skip

LEAST_SHARE: Final = 100
"""A gap is told from one in so many of the trace's duration on: less is not seen in a waterfall."""
LEAST: Final = 1_000_000
"""And from so many nanoseconds on: every call of a function leaves some microseconds between two spans."""
MOST: Final = 200
"""So many gaps of a trace are told, the longest: what a person may look through."""

_LOOP: Final = "event loop"
_KINDS: Final[dict[str, tuple[GapKind, str]]] = {
    "connection": ("pool", "a connection"),
    "thread": ("pool", "a thread"),
    "lock": ("lock", "a lock"),
    "gc": ("gc", "the garbage collection"),
}
_BLOCKED: Final[tuple[GapKind, str]] = ("event loop", "Its event loop was blocked for about as long.")
# The event loop's waits are one sum over the whole span, whose place is not known: it names what is about as long.
_ABOUT: Final = 2
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Gap:
    """From `start` to `end` (ns since the epoch, as sent); of the node's span, or before it where it began late."""

    node: Node
    start: int
    end: int
    kind: GapKind
    reason: str

    @property
    def duration(self) -> int:
        """In nanoseconds."""
        return self.end - self.start


_Named: TypeAlias = tuple[GapKind, str]


def least_gap(duration: int) -> int:
    """From how many nanoseconds on a gap is told, in a trace of that duration."""
    return max(LEAST, duration // LEAST_SHARE)


def longest_gaps(nodes: Sequence[Node], start: int, end: int) -> tuple[list[Gap], int]:
    """The longest gaps of a trace that lasts from `start` to `end` (ns), the longest first, and how many it has.

    Those that lie outside of the trace's time are left out: they are a broken clock's.
    """
    least = least_gap(end - start)
    found = [each for node in nodes for each in gaps_of(node, least) if start <= each.start and each.end <= end]
    return nsmallest(MOST, found, key=lambda each: (-each.duration, each.start, each.node.span.span_id)), len(found)


def gaps_of(node: Node, least: int) -> Iterator[Gap]:
    """The gaps of one span that last `least` ns, in time order: what comes before it, then what no child covers.

    Needs to know its parent and its children, and nothing else of the trace.
    """
    late = _before(node)
    if late is not None and late.duration >= least:
        yield late
    if node.span.duration < least:
        return
    sections = own_sections(node)
    waits = _disjoint(sorted(wait for wait in waits_of(node.span) if wait.what != _LOOP))
    apart = list(_cut(sections, waits))
    blocked = sum(wait.duration for wait in waits_of(node.span) if wait.what == _LOOP)
    unnamed = sum(end - start for start, end, wait in apart if wait is None)
    looped = unnamed <= blocked * _ABOUT and blocked <= unnamed * _ABOUT
    parts = [part for part in apart if part[1] - part[0] >= least]
    names = _Names(node, waits) if parts else None
    for start, end, wait in parts:
        named: _Named | None = _BLOCKED if wait is None else _of_wait(wait.what)
        if names and wait is None and not looped:
            named = names.of((start, end))
        if named is not None:
            yield Gap(node, start, end, *named)


def _before(node: Node) -> Gap | None:
    """The time between the end of a span and the start of one below it."""
    span, parent = node.span, node.parent
    if parent is None or parent.span.unfinished or span.start <= max(parent.span.start, parent.span.end):
        return None
    caller = f"{_cut_off(parent.span.service)}'s {_cut_off(parent.span.name)}"
    bounds = max(parent.span.start, parent.span.end), span.start
    if handed_over(node):
        return Gap(node, *bounds, "queue", f"{caller} had been sent, and lay in a queue until this span took it.")
    if _is_elsewhere(node):
        return Gap(node, *bounds, "queue", f"{caller} had given up: it lay in a queue, or their clocks disagree.")
    return Gap(node, *bounds, "not instrumented", f"{caller} had ended: no span tells what this one waited for.")


def _disjoint(waits: Sequence[Wait]) -> list[Wait]:
    """Waits in order, each without what one before it covers."""
    found: list[Wait] = []
    for wait in waits:
        start = max(wait.start, found[-1].end) if found else wait.start
        if start < wait.end:
            found.append(Wait(start, wait.end, wait.what))
    return found


def _cut(sections: Sequence[Section], waits: Sequence[Wait]) -> Iterator[tuple[int, int, Wait | None]]:
    """The sections cut where waits begin and end, each part with its wait; both are in order and disjoint."""
    first = 0
    for start, end in sections:
        while first < len(waits) and waits[first].end <= start:
            first += 1
        reached, at = start, first
        while at < len(waits) and waits[at].start < end:
            begins, ends = max(waits[at].start, start), min(waits[at].end, end)
            if begins > reached:
                yield reached, begins, None
            yield begins, ends, waits[at]
            reached, at = ends, at + 1
        if reached < end:
            yield reached, end, None


def _of_wait(what: str) -> _Named:
    kind, thing = _kind_of(what)
    return kind, f"It waited for {thing}."


def _kind_of(what: str) -> _Named:
    return _KINDS.get(what) or ("other wait", _cut_off(what))


class _Names:
    """What the sections of one span are called of which none of its `waits` tells."""

    def __init__(self, node: Node, waits: Sequence[Wait]) -> None:
        self._span = node.span
        children = [child for child in node.children if not handed_over(child)]
        called = [child.span for child in children if _is_elsewhere(child)]
        # Among other spans below, one of another service is no sign that this one waited for nothing else.
        self._called = called if node.span.kind == CLIENT or len(children) == 1 else []
        self._begins = min((span.start for span in self._called), default=0)
        self._ends = max((span.end for span in self._called), default=0)
        within = [
            each.span for each in children if each.span.start < self._span.end and each.span.end > self._span.start
        ]
        self._below = bool(within)
        self._before = {wait.end: f"after it had waited for {_kind_of(wait.what)[1]}" for wait in waits}
        self._before |= {span.end: f"after {_cut_off(span.name)}" for span in within}
        self._after = {wait.start: f"before it waited for {_kind_of(wait.what)[1]}" for wait in waits}
        self._after |= {span.start: f"before {_cut_off(span.name)}" for span in reversed(within)}

    def of(self, section: Section) -> _Named | None:
        if self._called:
            return self._of_call(section)
        service = _cut_off(self._span.service)
        if self._span.kind == CLIENT:
            return None if _is_query(self._span) else ("not instrumented", _NO_ANSWERER)
        if self._below:
            return "not instrumented", f"No span tells what {service} did {self._between(section)}."
        if self._span.kind in (SERVER, CONSUMER):
            return "not instrumented", f"{service} has no span below this one that tells what it did."
        return None

    def _of_call(self, section: Section) -> _Named:
        callee = _cut_off(self._called[0].service)
        skewed = self._begins < self._span.start or self._ends > self._span.end
        doubt = " Their clocks disagree: it may lie on the other side." if skewed else ""
        if section[1] <= self._begins:
            return "network", f"Between the call and the start of {callee}'s span: the network, or its queue.{doubt}"
        if section[0] >= self._ends:
            return "network", f"Between the end of {callee}'s span and the answer's arrival: the network.{doubt}"
        return "not instrumented", f"No span of {callee} tells of this part of the call."

    def _between(self, section: Section) -> str:
        words = self._before.get(section[0]), self._after.get(section[1])
        return " and ".join(filter(None, words)) or "in this time"


_NO_ANSWERER: Final = "No span of what it called has arrived: what that did is not told from the network."


def _is_elsewhere(child: Node) -> bool:
    assert child.parent is not None
    return child.span.service != child.parent.span.service or child.span.kind == SERVER


def _is_query(span: Span) -> bool:
    """Databases send no spans: their clients' spans tell all there is."""
    return any(key.startswith("db.") for key in span.attributes)


def _cut_off(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
