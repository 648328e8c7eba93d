"""Rule: operations stop earlier than they used to, without a status that would say so.

Seen as an operation that calls nothing more often than before, or that stops after a call that it used to go on from.
It starts with the deepest operation of which that is true. Where several services stop after calling the same one, that
one answers with something that makes them stop.
"""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import replace
from statistics import fmean
from typing import Final, TypeAlias

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts, Edge, Operation, pooled, pooled_edge
from spanwise_collector.diagnose.features import STRONGEST, Moments, rise
from spanwise_collector.diagnose.missing_calls import missing_calls
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

_FEWEST_CALLERS: Final = 2
# One caller stops after one callee: who of the two is at fault cannot be seen; that the callee went on as before
# speaks a little more against the caller.
_CALLERS_SHARE: Final = 0.5
_CALLEES_SHARE: Final = 0.45


def early_ends(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every operation that stops early by itself, and every service after whose calls others stop."""
    nothing = _called_nothing(before, now, thresholds)
    after = _ended_after(before, now, thresholds)
    deviating = _wrapped(now, _by_operation([*nothing.values(), *after.values()]), thresholds)
    crossing = callees(before)
    found = [each for each in nothing.values() if pooled(each.measured) not in crossing]  # type: ignore[arg-type]
    found += missing_calls(before, now, thresholds)
    found += _missing(nothing, missed(before, now, thresholds), {pooled(site.caller) for site in before.unanswered})
    return found + _settled(after, deviating, crossing, before.callers())


def _called_nothing(before: Counts, now: Counts, thresholds: Thresholds) -> dict[Operation, Blame]:
    found = {}
    for operation, measured in now.called_nothing.items():
        usual = before.called_nothing.get(pooled(operation), Moments())
        strength = rise(usual, measured, thresholds) * STRONGEST
        if strength > 0:
            found[operation] = Blame(operation, "ended_early", "failing", strength, usual, measured, operation)
    return found


def _ended_after(before: Counts, now: Counts, thresholds: Thresholds) -> dict[Edge, Blame]:
    found = {}
    for edge, measured in now.ended_after.items():
        usual = before.ended_after.get(pooled_edge(edge), Moments())
        strength = rise(usual, measured, thresholds) * STRONGEST
        if strength > 0:
            found[edge] = Blame(edge.caller, "ended_early", "failing", strength, usual, measured, edge)
    return found


def _by_operation(blames: list[Blame]) -> dict[Operation, float]:
    found: dict[Operation, float] = defaultdict(float)
    for blame in blames:
        key = pooled(blame.culprit)
        found[key] = max(found[key], blame.strength)
    return found


def _wrapped(now: Counts, deviating: Mapping[Operation, float], thresholds: Thresholds) -> Mapping[Operation, float]:
    """The same, and what an operation has from the call of its own service that it ends with: it may only wrap it."""
    found = dict(deviating)
    for edge, measured in sorted(now.ended_after.items()):
        caller, callee = pooled(edge.caller), pooled(edge.callee)
        if caller.service == callee.service and measured.mean >= thresholds.wrapped_share:
            found[caller] = max(found.get(caller, 0.0), deviating.get(callee, 0.0))
    return found


def callees(before: Counts) -> dict[Operation, Operation]:
    """The operation on the other side of each one that only crosses over: the callee that it has most often."""
    most: dict[Operation, tuple[int, Operation]] = {}
    for edge, measured in before.edges["lag"].items():
        if edge.caller not in before.self_time or before.self_time[edge.caller].n < measured.n:
            most[edge.caller] = max(most.get(edge.caller, (0, edge.callee)), (measured.n, edge.callee))
    return {caller: callee for caller, (_, callee) in most.items()}


def missed(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> dict[Operation, Operation]:
    """As `callees`, but of several that one operation calls the one that lost the greatest share of its calls.

    One that fails may keep its caller from calling the next: of several that lost as much it is the one that is missed
    by operations which call no other service as well.
    """
    found = callees(before)
    lost = _lost(before, now, found, thresholds)
    witnessed: dict[str, float] = defaultdict(float)
    for each in lost.values():
        services = {callee.service for _, _, callee in each}
        if len(services) == 1:
            (service,) = services
            witnessed[service] = max(witnessed[service], *(share for share, _, _ in each))
    return found | {
        caller: max(each, key=lambda one: (round(one[0], 1), witnessed[one[2].service], *one))[2]
        for caller, each in lost.items()
    }


_Lost: TypeAlias = dict[Operation, list[tuple[float, int, Operation]]]


def _lost(before: Counts, now: Counts, found: Mapping[Operation, Operation], thresholds: Thresholds) -> _Lost:
    """For each operation what it used to reach: which share of the calls that were due did not arrive, and how many."""
    arrived: dict[tuple[Operation, Operation], int] = defaultdict(int)
    for edge, measured in now.edges["lag"].items():
        arrived[pooled(edge.caller), pooled(edge.callee)] += measured.n
    calls: dict[Operation, int] = defaultdict(int)
    for operation, measured in now.calls.items():
        calls[pooled(operation)] += measured.n
    lost: _Lost = defaultdict(list)
    for edge, measured in before.edges["lag"].items():
        if edge.caller not in found or not calls[edge.caller]:
            continue
        expected = measured.n / before.calls[edge.caller].n * calls[edge.caller]
        if expected >= thresholds.missing_calls:
            share = 1 - arrived[edge.caller, edge.callee] / expected
            lost[edge.caller].append((share, measured.n, edge.callee))
    return lost


def _missing(
    nothing: Mapping[Operation, Blame], crossing: Mapping[Operation, Operation], sited: Set[Operation]
) -> list[Blame]:
    """Calls that used to arrive and no longer do, of such as are known by no site: put down to whoever was called."""
    return [
        replace(blame, culprit=crossing[pooled(operation)], rule="missing", kind="silent")
        for operation, blame in nothing.items()
        if pooled(operation) in crossing and pooled(operation) not in sited
    ]


def _settled(
    after: Mapping[Edge, Blame],
    deviating: Mapping[Operation, float],
    crossing: Mapping[Operation, Operation],
    callers: Mapping[str, set[str]],
) -> list[Blame]:
    """Stops after a call, less those that are explained by what was called, on the side that they speak against."""
    found: list[Blame] = []
    by_callee: dict[str, dict[str, Blame]] = defaultdict(dict)
    for edge, blame in after.items():
        called = pooled(edge.callee)
        other = crossing.get(called, called)
        explained = max(deviating.get(called, 0.0), deviating.get(other, 0.0))
        left = replace(blame, strength=max(0.0, blame.strength - explained))
        if other.service == edge.caller.service:
            found.append(left)
        elif left.strength > 0:
            sides = by_callee[other.service]
            known = sides.get(edge.caller.service)
            if known is None or (left.strength, left.measured) > (known.strength, known.measured):
                sides[edge.caller.service] = replace(left, culprit=other)
    for service, blames in by_callee.items():
        found += _either_side(blames, max(len(callers[service]), len(blames)))
    return [blame for blame in found if blame.strength > 0]


def _either_side(blames: Mapping[str, Blame], callers: int) -> list[Blame]:
    most = max(blames.values(), key=lambda each: (each.strength, each.measured))
    assert isinstance(most.measured, Edge)
    strength = fmean([*(blame.strength for blame in blames.values()), *[0.0] * (callers - len(blames))])
    if len(blames) >= _FEWEST_CALLERS:
        return [replace(most, rule="ended_after", strength=strength)]
    return [
        replace(most, culprit=most.measured.caller, strength=most.strength * _CALLERS_SHARE),
        replace(most, rule="ended_after", strength=strength * _CALLEES_SHARE),
    ]
