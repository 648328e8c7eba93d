"""A called service of which next to nothing is seen any more, where callers have no spans of their own for calls.

What its callers then show (they fail, wait until they give up, or call nothing) is put down to it. Callers that only
stopped calling are left to answer for that themselves: they neither fail nor wait.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts, Edge, Operation, pooled, pooled_edge
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

_SHOWN_BY: Final = ("errors", "self_time", "ended_early")


def put_down(blames: Sequence[Blame], before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """The same blames, those of callers that fail or wait because a service vanished put down to that one.

    Those of a queue before a service that waits for another itself, and gets no answer, are left out.
    """
    gone = _gone(before, now, thresholds)
    troubled = {
        pooled(blame.measured)
        for blame in blames
        if blame.rule in ("errors", "self_time")
        and isinstance(blame.measured, Operation)
        and blame.strength >= thresholds.vanished_strength
    }
    waiting = _waiting(blames, thresholds)
    found = []
    for blame in blames:
        if blame.rule == "lag" and blame.culprit.service in waiting:
            continue
        where = pooled(blame.measured) if isinstance(blame.measured, Operation) else None
        if blame.rule in _SHOWN_BY and where in gone and where in troubled:
            found.append(replace(blame, culprit=gone[where], rule="vanished", kind="silent"))
        else:
            found.append(blame)
    return found


def _waiting(blames: Sequence[Blame], thresholds: Thresholds) -> set[str]:
    """The services whose calls are not answered: that they begin late themselves is the queue before them."""
    return {
        blame.measured.caller.service
        for blame in blames
        if blame.rule == "missing"
        and isinstance(blame.measured, Edge)
        and blame.strength >= thresholds.vanished_strength
    }


def _gone(before: Counts, now: Counts, thresholds: Thresholds) -> Mapping[Operation, Operation]:
    """For each operation that used to call another service directly and hardly does any more: which one."""
    having: dict[tuple[Operation, Operation], int] = defaultdict(int)
    for edge, measured in now.called.items():
        caller, callee = pooled_edge(edge)
        having[caller, callee] += measured.n
    calls: dict[Operation, int] = defaultdict(int)
    served: dict[str, int] = defaultdict(int)
    for operation, measured in now.calls.items():
        calls[pooled(operation)] += measured.n
        served[operation.service] += measured.n
    usually: dict[str, int] = defaultdict(int)
    for operation, measured in before.calls.items():
        usually[operation.service] += measured.n
    gone: dict[Operation, list[tuple[float, Operation]]] = defaultdict(list)
    missed_by: dict[str, set[str]] = defaultdict(set)
    for (caller, callee), usual in before.called.items():
        if caller.service == callee.service or not calls[caller]:
            continue
        load = calls[caller] / before.calls[caller].n
        expected = usual.n * load
        lost = 1 - having[caller, callee] / expected if expected else 0.0
        everywhere = served[callee.service] <= (1 - thresholds.vanished_share) * usually[callee.service] * load
        if expected >= thresholds.vanished_due and lost >= thresholds.vanished_share and everywhere:
            gone[caller].append((expected, callee))
            missed_by[callee.service].add(caller.service)
    # Who is not called any more because another did not answer is missed by fewer.
    return {
        caller: max(each, key=lambda one: (len(missed_by[one[1].service]), *one))[1] for caller, each in gone.items()
    }
