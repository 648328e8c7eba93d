"""Self time and the critical path of a whole trace at once: what self_time.py and critical_path.py say."""

import numpy as np

from spanwise_collector.model.span import CONSUMER, PRODUCER, SERVER
from spanwise_collector.trace.columns import U64, Mask, Rows, SpanColumns, ancestors, groups, in_groups, most_before
from spanwise_collector.trace.forest import Forest


def self_times(spans: SpanColumns, forest: Forest) -> U64:
    """Nanoseconds of each span that no child covers; `spans` stand in the forest's order."""
    # Siblings stand in order of their start, so one pass over them merges what they cover.
    children = in_groups(forest.parent)
    children = children[np.searchsorted(forest.parent[children], 0) :]
    parents = forest.parent[children]
    from_, to = spans.start[parents], spans.end[parents]
    start = np.maximum(spans.start[children], from_)
    end = np.minimum(spans.end[children], to)
    first, _ = groups(parents)
    reached = np.where(first, from_, np.maximum(from_, most_before(first, end)))
    covers = np.maximum(start, reached)
    covered = np.where(end > covers, end - covers, np.uint64(0))
    sums = np.zeros(len(spans), dtype=np.uint64)
    np.add.at(sums, parents, covered)
    # A parent that ends before it starts has no time of its own, whatever its children did.
    return np.where(spans.end > spans.start, spans.duration - sums, np.uint64(0))


def critical(spans: SpanColumns, forest: Forest) -> Mask:
    """Which spans the critical path goes through; `spans` stand in the forest's order.

    The sections of such a span are its time, clipped to that of everyone above it, less that of its critical children.
    """
    root = _root(spans, forest)
    if root < 0:
        return np.zeros(len(spans), dtype=np.bool_)
    start, end = _clipped(spans, forest)
    waited_for = (forest.parent >= 0) & (start < end) & ~handed_over(spans, forest)
    chosen = np.append(_last_to_end(np.flatnonzero(waited_for), forest.parent, start, end), True)
    chosen[root] = True
    above = ancestors(forest.parent)
    while (above != len(spans)).any():
        chosen &= chosen[above]
        above = above[above]
    found: Mask = chosen[:-1]
    return found


def _root(spans: SpanColumns, forest: Forest) -> int:
    """As critical_path._root."""
    lasting = (forest.parent < 0) & (spans.end > spans.start)
    whole = np.flatnonzero(lasting & ~forest.missing)
    if len(whole):
        return int(whole[0])
    parts = np.flatnonzero(lasting)
    return int(parts[np.argmax(spans.duration[parts])]) if len(parts) else -1


def _clipped(spans: SpanColumns, forest: Forest) -> tuple[U64, U64]:
    """Start and end of each span within those of all above it."""
    start = np.append(spans.start, np.uint64(0))
    end = np.append(spans.end, np.iinfo(np.uint64).max)
    above = ancestors(forest.parent)
    while (above != len(spans)).any():
        start = np.maximum(start, start[above])
        end = np.minimum(end, end[above])
        above = above[above]
    return start[:-1], end[:-1]


def handed_over(spans: SpanColumns, forest: Forest) -> Mask:
    """As critical_path.handed_over."""
    elsewhere = (spans.service != spans.service[forest.parent]) | (spans.kind == SERVER)
    handed_over: Mask = (spans.kind == CONSUMER) | ((spans.kind[forest.parent] == PRODUCER) & elsewhere)
    return handed_over


def _last_to_end(rows: Rows, parent: Rows, start: U64, end: U64) -> Mask:
    """Of the children of each parent: the one that ended last, before its start the one that ended last by then, …"""
    rows = rows[np.lexsort((~end[rows], parent[rows]))]
    first, _ = groups(parent[rows])
    times = np.sort(np.concatenate((start[rows], end[rows])))
    own = parent[rows] * (len(times) + 1)
    ends = own + len(times) - np.searchsorted(times, end[rows])
    # The first that had ended when this one began; where none had, `none`.
    before = np.searchsorted(ends, own + len(times) - np.searchsorted(times, start[rows]))
    none = len(rows)
    before = np.append(np.where(np.append(parent[rows], -1)[before] == parent[rows], before, none), none)
    taken = np.append(first, False)
    while (before != none).any():
        taken[before[taken]] = True
        taken[none] = False
        before = before[before]
    found = np.zeros(len(parent), dtype=np.bool_)
    found[rows[taken[:-1]]] = True
    return found
