"""Clocks of hosts that disagree, of a whole trace at once: what clocks.py says."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spanwise_collector.trace.clocks import Clock, Hosts, Pair, Pairs, estimated
from spanwise_collector.trace.columns import Mask, Rows, SpanColumns
from spanwise_collector.trace.forest import Forest
from spanwise_collector.trace.spent import handed_over

_NONE: Final = math.inf


def clocks_of_columns(
    spans: SpanColumns, forest: Forest, host: Rows, names: Sequence[str], services: Sequence[str]
) -> list[Clock]:
    """The clock of every host, as clocks() says; `host` are places in `names`, which are sorted.

    `spans` stand in the forest's order, and their `service` are places in `services`.
    """
    hosts = _hosts(spans, host, names, services)
    roots = [names[each] for each in _in_order(host[forest.parent < 0])]
    return estimated(roots, hosts, _pairs(spans, forest, host, names))


def _in_order(codes: Rows) -> Rows:
    """Each once, in the order in which they first occur."""
    known, first = np.unique(codes, return_index=True)
    in_order: Rows = known[np.argsort(first)]
    return in_order


def _hosts(spans: SpanColumns, host: Rows, names: Sequence[str], services: Sequence[str]) -> Hosts:
    counts = np.bincount(host, minlength=len(names))
    of_host: dict[int, list[str]] = {}
    for code in np.unique(host * len(services) + spans.service).tolist():
        of_host.setdefault(code // len(services), []).append(services[code % len(services)])
    return {names[each]: (int(counts[each]), tuple(of_host[each])) for each in _in_order(host).tolist()}


def _pairs(spans: SpanColumns, forest: Forest, host: Rows, names: Sequence[str]) -> Pairs:
    """All calls between two hosts, as what they say of both clocks."""
    above = forest.parent
    calls = np.flatnonzero((above >= 0) & (spans.start != 0) & (spans.start[above] != 0) & (host != host[above]))
    if not len(calls):
        return {}
    callers = above[calls]
    # Of equal order as the texts: names are sorted.
    turned = host[callers] > host[calls]
    ahead = _less(spans.start[calls], spans.start[callers])
    behind = _less(spans.end[calls], spans.end[callers])
    contained = (
        ~handed_over(spans, forest)[calls]
        & (spans.end[calls] != 0)
        & (spans.end[callers] != 0)
        & (spans.duration[calls] <= spans.duration[callers])
    )
    key = np.minimum(host[callers], host[calls]) * len(names) + np.maximum(host[callers], host[calls])
    order = np.argsort(key, kind="stable")
    known, begins, counts = np.unique(key[order], return_index=True, return_counts=True)

    def least(values: NDArray[np.float64], where: Mask) -> NDArray[np.float64]:
        found: NDArray[np.float64] = np.minimum.reduceat(np.where(where, values, _NONE)[order], begins)
        return found

    bounds = zip(
        (-least(ahead, turned)).tolist(),
        least(ahead, ~turned).tolist(),
        (-least(-behind, ~turned & contained)).tolist(),
        least(-behind, turned & contained).tolist(),
        counts.tolist(),
        strict=True,
    )
    return {
        (names[code // len(names)], names[code % len(names)]): Pair(*each)
        for code, each in zip(known.tolist(), bounds, strict=True)
    }


def _less(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The difference of two times, either way."""
    found: NDArray[np.float64] = np.where(
        one >= other, (one - other).astype(np.float64), -(other - one).astype(np.float64)
    )
    return found
