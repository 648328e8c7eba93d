"""What is measured of the spans of a window, summed for the rules: whole columns at once, in any order of arrival."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spanwise_collector.diagnose.call_sites import CallSites, call_sites
from spanwise_collector.diagnose.counts import Operation, pooled
from spanwise_collector.diagnose.features import BUCKETS, OFFSET, Row, What
from spanwise_collector.diagnose.parentage import Parentage, parentage
from spanwise_collector.diagnose.span_numbers import SpanNumbers
from spanwise_collector.trace.columns import U64, Rows, groups

F64: TypeAlias = NDArray[np.float64]

# Sums are of whole numbers of so many parts: they are the same in any order, which sums of fractions are not. The
# squares of logarithms of any duration, a million times, are within 64 bits.
_PARTS: Final = 1 << 16
# A span that is the last call of its parent shows more than any that is not.
_LAST: Final = 1e6


@dataclass(frozen=True, slots=True)
class _Measures:
    """Of some spans (`rows`): two values each, and what is on the other side, a place in `others`.

    They are counted for their own operations, or for others: `own`, a place in `owns`.
    """

    what: What
    rows: Rows
    a: F64
    b: F64
    other: Rows
    others: Sequence[Operation]
    own: Rows | None = None
    owns: Sequence[Operation] = ()


def measure(spans: SpanNumbers, start: int, length: int) -> list[Row]:
    """The sums that features.Row describes, by slices of a window that begins at `start` and lasts `length` ns."""
    if not len(spans.key):
        return []
    bucket = np.minimum(BUCKETS - 1, np.maximum(0, spans.began - start) * BUCKETS // length)
    family = parentage(spans)
    return [row for each in _measures(spans, family) for row in _summed(spans, bucket, each)]


def _measures(spans: SpanNumbers, family: Parentage) -> Iterator[_Measures]:
    nobody = [Operation("", "", "")]
    calls = np.bincount(family.owner, minlength=len(spans.key))
    services = _places([each.service for each in spans.operations])[spans.operation]
    only = np.flatnonzero(calls[family.owner] == 1)
    only = only[services[family.owner[only]] != services[family.child[only]]]
    caller, callee = family.owner[only], family.child[only]
    crossing = np.zeros(len(spans.key), dtype=np.bool_)
    crossing[caller] = True
    own = np.flatnonzero(~crossing)
    lasted = spans.ended - spans.began
    yield _Measures("self", own, _log((lasted - family.covered)[own]), _zeros(own), np.zeros_like(own), nobody)
    yield _Measures(
        "edge",
        caller,
        _log(spans.began[callee] - spans.began[caller]),
        _log(spans.ended[caller] - spans.ended[callee]),
        spans.operation[callee],
        spans.operations,
    )
    passed_on = np.bincount(family.owner, spans.failed[family.child], minlength=len(spans.key)) > 0
    began_here = np.flatnonzero(spans.failed & ~passed_on)
    alone = (calls[began_here] == 0).astype(np.float64)
    yield _Measures("error", began_here, _zeros(began_here) + 1, alone, np.zeros_like(began_here), nobody)
    every = np.arange(len(spans.key))
    yield _Measures("end", every, (calls == 0).astype(np.float64), _log(lasted), np.zeros_like(every), nobody)
    yield _called(spans, family)
    may_cross = services[family.owner] == services[family.child]
    may_cross &= ((calls == 0) | crossing)[family.child]
    arrived = np.full(len(spans.key), -1)
    arrived[caller] = callee
    yield from _from_sites(spans, call_sites(spans.operations, spans.operation, family, may_cross), arrived)


def _from_sites(spans: SpanNumbers, sites: CallSites, arrived: Rows) -> Iterator[_Measures]:
    """Of calls by where they are made: whether they called nothing, else (`arrived`: the callee's row) where it was."""
    callee = arrived[sites.span]
    nothing = (callee < 0).astype(np.float64)
    yield _Measures("site", sites.span, nothing, _zeros(nothing), sites.site, sites.names)
    crossed = callee >= 0
    rows, reached = sites.span[crossed], spans.operation[callee[crossed]]
    none = _zeros(rows)
    yield _Measures("reached", rows, none, none, reached, spans.operations, sites.site[crossed], sites.names)


def _called(spans: SpanNumbers, family: Parentage) -> _Measures:
    """Which other operations each span called: whether it was the last, and how often."""
    names = sorted({pooled(each) for each in spans.operations})
    by_name = {name: place for place, name in enumerate(names)}
    code = np.array([by_name[pooled(each)] for each in spans.operations], dtype=np.int64)[spans.operation]
    pairs, times = np.unique(family.owner * len(names) + code[family.child], return_counts=True)
    rows, other = pairs // len(names), pairs % len(names)
    last = np.full(len(spans.key), -1)
    # Children stand in order: what is written last remains.
    _, begins = groups(family.owner)
    ends = np.flatnonzero(np.append(begins[1:] != begins[:-1], True)) if len(begins) else begins
    last[family.owner[ends]] = code[family.child[ends]]
    return _Measures("end", rows, (last[rows] == other).astype(np.float64), times.astype(np.float64), other, names)


def _summed(spans: SpanNumbers, bucket: Rows, measures: _Measures) -> Iterator[Row]:
    rows, a, b = measures.rows, measures.a, measures.b
    if not len(rows):
        return
    own = spans.operation[rows] if measures.own is None else measures.own
    owns = measures.owns or spans.operations
    key = (own * len(measures.others) + measures.other) * BUCKETS + bucket[rows]
    order = np.argsort(key)
    key = key[order]
    begins = np.flatnonzero(groups(key)[0])
    n = np.diff(np.append(begins, len(key)))
    a_sum, aa_sum = _exact_sums(a[order], begins)
    b_sum, bb_sum = _exact_sums(b[order], begins)
    score = a + b + np.where(a > 0, _LAST, 0.0) if measures.what == "end" else a + b
    example = _examples(score[order], spans.key[rows][order], begins, n)
    for at, found in enumerate(key[begins].tolist()):
        pair, slice_ = divmod(found, BUCKETS)
        operation, other = owns[pair // len(measures.others)], measures.others[pair % len(measures.others)]
        trace_id, span_id = spans.ids(int(rows[order[example[at]]]))
        yield Row(
            service=operation.service,
            instance=operation.instance,
            operation=operation.name,
            what=measures.what,
            other_service=other.service,
            other_instance=other.instance,
            other_operation=other.name,
            bucket=slice_,
            n=int(n[at]),
            a=float(a_sum[at]),
            aa=float(aa_sum[at]),
            b=float(b_sum[at]),
            bb=float(bb_sum[at]),
            trace_id=trace_id,
            span_id=span_id,
        )


def _exact_sums(values: F64, begins: Rows) -> tuple[F64, F64]:
    """The sums of each run, and those of the squares: of what was rounded, or values that are all one would vary."""
    parts = 1 if (values == np.rint(values)).all() else _PARTS
    whole = np.rint(values * parts).astype(np.int64)
    sums: F64 = np.add.reduceat(whole, begins) / parts
    squares: F64 = np.add.reduceat(whole * whole, begins) / parts**2
    return sums, squares


def _examples(score: F64, key: U64, begins: Rows, n: Rows) -> Rows:
    """In each run the place of the greatest score; of several the greatest key, so that it is always the same."""
    best = score == np.repeat(np.maximum.reduceat(score, begins), n)
    contender = np.where(best, key, np.uint64(0))
    chosen = best & (contender == np.repeat(np.maximum.reduceat(contender, begins), n))
    places = np.flatnonzero(chosen)
    found = np.empty(len(begins), dtype=np.int64)
    found[np.repeat(np.arange(len(begins)), n)[places]] = places
    return found


def _places(texts: Sequence[str]) -> Rows:
    """Numbers that are equal where texts are."""
    known = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.array([known[text] for text in texts], dtype=np.int64)


def _log(nanoseconds: NDArray[Any]) -> F64:
    found: F64 = np.log(OFFSET + np.maximum(0, nanoseconds))
    return found


def _zeros(like: NDArray[Any]) -> F64:
    return np.zeros(len(like))
