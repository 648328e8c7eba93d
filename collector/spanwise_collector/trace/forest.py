"""The tree of a trace from its columns: what tree.py builds from spans, for a million of them in a second."""

from dataclasses import dataclass

import numpy as np

from spanwise_collector.model.span import CLIENT, SERVER
from spanwise_collector.trace.columns import Mask, Rows, SpanColumns, ancestors, groups, in_groups


@dataclass(frozen=True, slots=True)
class Forest:
    """The spans in display order, depth first, as tree.build arranges them; the masks say what is odd about each.

    `order` holds the rows of the columns that were given. `parent` are places in this order, -1 at what is shown as a
    root. The spans below the one at place i stand at i + 1 … i + `below`[i].
    """

    order: Rows
    parent: Rows
    below: Rows
    missing: Mask
    own_parent: Mask
    circle: Mask
    same_id: Mask


def arrange(spans: SpanColumns) -> Forest:
    """Arrange the spans as tree.build does, where what is to be known of it is written."""
    shown = _display_order(spans)
    sorted_spans = spans.take(shown)
    ids = _Ids(sorted_spans)
    parent = ids.parents()
    unattached = (parent < 0) & (sorted_spans.parent_id != 0)
    own_parent = unattached & (sorted_spans.parent_id == sorted_spans.id)
    circle = _break_circles(parent)
    place, below = _depth_first(parent)
    order = np.empty_like(place)
    order[place] = np.arange(len(place))
    above = np.append(place, -1)[parent]
    return Forest(
        shown[order],
        above[order],
        below[order],
        (unattached & ~own_parent)[order],
        own_parent[order],
        circle[order],
        ids.shared()[order],
    )


def _display_order(spans: SpanColumns) -> Rows:
    """As tree._display_order: by start, and by all else only where starts are equal, which is rare."""
    order = np.argsort(spans.start)
    start = spans.start[order]
    same = start[1:] == start[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[tied]
    some = spans.take(rows)
    last_first = (some.parent_id, some.kind, some.instance, some.service, some.name, some.id, ~some.duration)
    order[tied] = rows[np.lexsort((*last_first, some.start))]
    return order


class _Ids:
    """Who has which id. Spans are in display order, so the first of an id is the one that is shown first."""

    def __init__(self, spans: SpanColumns) -> None:
        self._spans = spans
        self._ids, self._group, self._count = np.unique(spans.id, return_inverse=True, return_counts=True)
        everyone = np.arange(len(spans))
        server = np.flatnonzero(spans.kind == SERVER)
        self._client = self._first(np.flatnonzero(spans.kind == CLIENT))
        first_server = self._first(server)
        second_server = self._first(server[server != first_server[self._group[server]]])
        first = self._first(everyone)
        second = self._first(everyone[everyone != first[self._group]])
        # Of a pair that shares an id, the server's side made the calls below it.
        self._candidates = (first_server, second_server, first, second)

    def _first(self, rows: Rows) -> Rows:
        found = np.full(len(self._ids), -1)
        # Of equal places the last assignment counts.
        found[self._group[rows[::-1]]] = rows[::-1]
        return found

    def parents(self) -> Rows:
        """The row of each span's parent, circles included; a server span is below the client that shares its id."""
        spans = self._spans
        rows = np.arange(len(spans))
        shared = np.where(spans.kind == SERVER, self._client[self._group], -1)
        # What is looked for in order is found several times as fast.
        order = np.argsort(spans.parent_id)
        named = np.empty_like(order)
        named[order] = np.minimum(np.searchsorted(self._ids, spans.parent_id[order]), len(self._ids) - 1)
        named[(self._ids[named] != spans.parent_id) | (spans.parent_id == 0)] = -1
        parent = shared
        for candidate in self._candidates:
            there = np.append(candidate, -1)[named]
            parent = np.where((parent < 0) & (there != rows), there, parent)
        return parent

    def shared(self) -> Mask:
        """Whose id others have too, but for pairs of a client and a server."""
        kinds = [
            np.bincount(self._group[self._spans.kind == kind], minlength=len(self._ids)) for kind in (CLIENT, SERVER)
        ]
        pair = (self._count == 2) & (kinds[0] == 1) & (kinds[1] == 1)
        odd: Mask = ((self._count > 1) & ~pair)[self._group]
        return odd


def _break_circles(parent: Rows) -> Mask:
    """Make the earliest span of each circle a root, in `parent` itself; tells which those are."""
    roots = np.zeros(len(parent), dtype=np.bool_)
    top, above = len(parent), ancestors(parent)
    for _ in range(len(parent).bit_length()):
        if (above == top).all():
            return roots
        above = above[above]
    # More steps up than there are spans: who is not above the roots by now is on a circle.
    on_circle = np.unique(above[above != top])
    settled: set[int] = set()
    for row in on_circle.tolist():
        if row in settled:
            continue
        roots[row] = True
        at = row
        while at not in settled:
            settled.add(at)
            at = int(parent[at])
        parent[row] = -1
    return roots


def _depth_first(parent: Rows) -> tuple[Rows, Rows]:
    """Where each row stands depth first, siblings as they come, and how many are below it.

    Both are sums along ancestors, and each round of summing reaches twice as many generations as the one before it.
    """
    top, above = len(parent), ancestors(parent)
    tree = np.ones(top + 1)
    reach = above
    while (reach != top).any():
        tree += np.bincount(reach, tree, top + 1)
        reach = reach[reach]
    siblings = in_groups(parent)
    _, begins = groups(parent[siblings])
    before = np.cumsum(tree[siblings]) - tree[siblings]
    place = np.zeros(top + 1, dtype=np.int64)
    # Behind the parent and the whole trees of all siblings before it.
    place[siblings] = before - before[begins] + (parent[siblings] >= 0)
    reach = above
    while (reach != top).any():
        place += place[reach]
        reach = reach[reach]
    return place[:-1], tree[:-1].astype(np.int64) - 1
