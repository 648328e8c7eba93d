"""Rule: spans fail that did not, at the place where the failure begins: no child of theirs has failed."""

from dataclasses import replace

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts, Operation, pooled
from spanwise_collector.diagnose.features import STRONGEST, Moments, rise
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds


def new_errors(
    before: Counts, now: Counts, callees: dict[Operation, Operation], thresholds: Thresholds = DEFAULTS
) -> list[Blame]:
    """Every operation with more failures of its own; of a call that reached nobody, whoever was called (`callees`)."""
    found = []
    for operation, measured in now.failed.items():
        usual = before.failed.get(pooled(operation), Moments())
        strength = rise(usual, measured, thresholds) * STRONGEST
        if strength > 0:
            found.append(Blame(operation, "errors", "failing", strength, usual, measured, operation))
    for operation, measured in now.failed_alone.items():
        usual = before.failed_alone.get(pooled(operation), Moments())
        strength = rise(usual, measured, thresholds) * STRONGEST
        if strength > 0:
            blame = Blame(operation, "errors", "failing", strength, usual, measured, operation)
            found.append(replace(blame, culprit=callees.get(pooled(operation), operation)))
    return found
