"""Rule: time is lost between a caller's span and its callee's, before the callee begins (lag) or after it ends (tail).

On every edge into a service it is that service's network, queue or starved processor; on every edge out of a service
the caller's; on one of several edges neither is sure, and the callee is blamed by the share of its callers that see it.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean, median_low
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import SIDES, Counts, Edge, Side
from spanwise_collector.diagnose.features import shift
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

_FEWEST_CALLEES: Final = 2
# A delay of a node is the same on all of its edges, within this factor.
_ALIKE: Final = 2.0


def slow_edges(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Deviations of lag and tail, each with the end of the edge that it is put down to."""
    outgoing = _outgoing(before, now, thresholds)
    incoming = [blame for side in SIDES for blame in _incoming(side, _shifts(side, before, now, thresholds), outgoing)]
    return [*outgoing.values(), *_less_what_the_only_caller_shows(incoming, before)]


def _shifts(side: Side, before: Counts, now: Counts, thresholds: Thresholds) -> dict[Edge, Blame]:
    found = {}
    for edge, measured in now.edges[side].items():
        usual = before.usual_edge(side, edge, thresholds.own_baseline_spans)
        found[edge] = Blame(edge.callee, side, "slow", shift(usual, measured, thresholds), usual, measured, edge)
    return found


def _outgoing(before: Counts, now: Counts, thresholds: Thresholds) -> Mapping[tuple[str, str], Blame]:
    """What all edges out of an instance have in common, by the instance."""
    worst: dict[tuple[str, str], dict[str, Blame]] = defaultdict(dict)
    for side in SIDES:
        for edge, blame in _shifts(side, before, now, thresholds).items():
            callees = worst[edge.caller.service, edge.caller.instance]
            known = callees.get(edge.callee.service)
            if known is None or blame.strength > known.strength:
                callees[edge.callee.service] = blame
    found = {}
    for instance, callees in worst.items():
        common = median_low(blame.strength for blame in callees.values())
        if len(callees) >= _FEWEST_CALLEES and common > 0:
            most = max(callees.values(), key=lambda blame: (blame.strength, blame.measured))
            assert isinstance(most.measured, Edge)
            found[instance] = replace(most, culprit=most.measured.caller, rule="outgoing", kind="slow", strength=common)
    return found


def _incoming(side: Side, shifts: Mapping[Edge, Blame], outgoing: Mapping[tuple[str, str], Blame]) -> list[Blame]:
    """What is left of the edges into each instance when the callers' own share is taken off."""
    by_callee: dict[tuple[str, str], dict[str, list[Blame]]] = defaultdict(lambda: defaultdict(list))
    for edge, blame in shifts.items():
        by_callee[edge.callee.service, edge.callee.instance][edge.caller.service].append(blame)
    found = []
    for callers in by_callee.values():
        seen = [_by_calls(blames, outgoing) for blames in callers.values()]
        strength = fmean(seen)
        if strength > 0:
            most = max(
                (blame for blames in callers.values() for blame in blames),
                key=lambda each: (each.strength, each.measured),
            )
            found.append(replace(most, rule=side, strength=strength))
    return found


def _by_calls(blames: list[Blame], outgoing: Mapping[tuple[str, str], Blame]) -> float:
    total = 0.0
    for blame in blames:
        assert isinstance(blame.measured, Edge)
        own = outgoing.get((blame.measured.caller.service, blame.measured.caller.instance))
        total += blame.now.n * max(0.0, blame.strength - (own.strength if own else 0.0))
    return total / sum(blame.now.n for blame in blames)


def _less_what_the_only_caller_shows(incoming: list[Blame], before: Counts) -> list[Blame]:
    """Services with a single caller whose own callers lose as much time around it: what is between is the caller's."""
    # Of two that call each other neither is only behind the other.
    only = {service: next(iter(by)) for service, by in before.callers().items() if len(by) == 1}
    behind = {service: caller for service, caller in only.items() if service not in (caller, only.get(caller))}
    into: dict[str, list[Blame]] = defaultdict(list)
    for blame in incoming:
        into[blame.culprit.service].append(blame)
    found = []
    for blame in incoming:
        caller = behind.get(blame.culprit.service, "")
        alike = (each.strength for each in into.get(caller, ()) if _as_much(each, blame))
        left = blame.strength - max(alike, default=0.0)
        if left > 0:
            found.append(replace(blame, strength=left))
    return found


def _as_much(one: Blame, other: Blame) -> bool:
    a, b = _added(one), _added(other)
    return b / _ALIKE <= a <= b * _ALIKE


def _added(blame: Blame) -> float:
    """How many nanoseconds more than usual."""
    return math.exp(blame.now.mean) - math.exp(blame.before.mean)
