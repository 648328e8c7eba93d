"""Rule: an operation calls another more often each time than it did: a retry storm, or a new N+1."""

import math
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts, pooled_edge
from spanwise_collector.diagnose.features import STRONGEST, Moments

_LEAST_RATIO: Final = 1.5
_FEWEST: Final = 5
_ERRORS_OFF: Final = 3.0
_PER_DOUBLING: Final = 2.0


def more_calls(before: Counts, now: Counts) -> list[Blame]:
    """Every operation that calls another half as often again or more, beyond what may be chance."""
    found = []
    for edge, measured in now.called.items():
        usual = before.called.get(pooled_edge(edge), Moments())
        if min(usual.n, measured.n) < _FEWEST or measured.mean < _LEAST_RATIO * usual.mean:
            continue
        error = math.sqrt(usual.variance / usual.n + measured.variance / measured.n)
        if measured.mean - usual.mean > _ERRORS_OFF * error:
            strength = min(STRONGEST, _PER_DOUBLING * math.log2(measured.mean / usual.mean))
            found.append(Blame(edge.caller, "more_calls", "changed", strength, usual, measured, edge))
    return found
