"""Rules: an operation calls another more often each time than it did (a retry storm, a new N+1), or calls a new one."""

import math
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts, pooled, pooled_edge
from spanwise_collector.diagnose.features import STRONGEST, Moments, rise
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

_PER_DOUBLING: Final = 2.0
# A call that is new may be the right answer to another one's fault.
_NEW_WEIGHT: Final = 0.4


def more_calls(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every operation that calls another half as often again or more, beyond what may be chance."""
    found = []
    for edge, measured in now.called.items():
        usual = before.called.get(pooled_edge(edge), Moments())
        if (
            min(usual.n, measured.n) < thresholds.more_calls_spans
            or measured.mean < thresholds.more_calls_ratio * usual.mean
        ):
            continue
        error = math.sqrt(usual.variance / usual.n + measured.variance / measured.n)
        if measured.mean - usual.mean > thresholds.more_calls_errors * error:
            strength = min(STRONGEST, _PER_DOUBLING * math.log2(measured.mean / usual.mean))
            found.append(Blame(edge.caller, "more_calls", "changed", strength, usual, measured, edge))
    return found


def new_calls(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every operation that calls another one which it did not call in the baseline, by the share of its spans."""
    found = []
    for edge, measured in now.called.items():
        known = before.calls.get(pooled(edge.caller), Moments())
        calls = now.calls.get(edge.caller, Moments())
        if pooled_edge(edge) in before.called or known.n < thresholds.new_calls_spans or not calls.n:
            continue
        usual, shown = Moments(known.n), Moments(calls.n, measured.n, measured.n)
        strength = rise(usual, shown, thresholds) * STRONGEST * _NEW_WEIGHT
        if strength > 0:
            found.append(Blame(edge.caller, "new_calls", "changed", strength, usual, shown, edge))
    return found
