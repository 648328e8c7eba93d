"""Rule: calls that used to arrive and no longer do, put down to whoever was called.

Judged for each place that calls are made from: a client that gives all of its calls one name makes them of several
services, and after one that fails does not make the next.
"""

from collections import defaultdict
from collections.abc import Mapping

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts, Edge, Operation, pooled, pooled_edge
from spanwise_collector.diagnose.features import STRONGEST, Moments, rise
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds


def missing_calls(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every place whose calls reach nobody more often than they did, with the operation that they used to reach."""
    reached = usually_reached(before, now, thresholds)
    found = []
    for site, measured in now.unanswered.items():
        callee = reached.get(pooled(site.callee))
        usual = before.unanswered.get(pooled_edge(site), Moments())
        strength = rise(usual, measured, thresholds) * STRONGEST
        if callee is not None and strength > 0:
            found.append(Blame(callee, "missing", "silent", strength, usual, measured, site))
    return found


def usually_reached(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> Mapping[Operation, Operation]:
    """For each place which operation its calls reached; of several the one that lost the greatest share of them."""
    calls: dict[Operation, list[int]] = defaultdict(lambda: [0, 0])
    for window, counts in enumerate((before, now)):
        for site, measured in counts.unanswered.items():
            calls[pooled(site.callee)][window] += measured.n
    arrived: dict[Edge, int] = defaultdict(int)
    for edge, measured in now.reached.items():
        arrived[pooled_edge(edge)] += measured.n
    found: dict[Operation, tuple[float, int, Operation]] = {}
    for edge, measured in before.reached.items():
        then, later = calls[edge.caller]
        due = measured.n * later / then
        lost = 1 - arrived[edge] / due if due >= thresholds.missing_calls else 0.0
        best = found.get(edge.caller)
        if best is None or (lost, measured.n, edge.callee) > best:
            found[edge.caller] = lost, measured.n, edge.callee
    return {site: callee for site, (_, _, callee) in found.items()}
