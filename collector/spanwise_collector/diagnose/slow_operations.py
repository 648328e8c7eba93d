"""Rule: an operation takes longer by itself, without its children, than it did in the baseline."""

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.features import shift
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds


def slow_operations(before: Counts, now: Counts, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every operation whose self time rose beyond its own spread."""
    found = []
    for operation, measured in now.self_time.items():
        usual = before.usual_self_time(operation, thresholds.own_baseline_spans)
        strength = shift(usual, measured, thresholds)
        if strength > 0:
            found.append(Blame(operation, "self_time", "slow", strength, usual, measured, operation))
    return found
