"""Rule: spans fail that did not, at the place where the failure begins: no child of theirs has failed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Counts, Operation, pooled
from spanwise_collector.diagnose.features import STRONGEST, Moments, rise
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

_Failures: TypeAlias = Mapping[Operation, Moments]


def new_errors(
    before: Counts, now: Counts, callees: dict[Operation, Operation], thresholds: Thresholds = DEFAULTS
) -> list[Blame]:
    """Every operation with more failures of its own; of a call that reached nobody, whoever was called (`callees`).

    One that the baseline does not have is held against all of its service, else against all there is, as if it had been
    called as often.
    """
    found = list(_more(before.failed, now.failed, thresholds))
    for blame in _more(before.failed_alone, now.failed_alone, thresholds):
        found.append(replace(blame, culprit=callees.get(pooled(blame.culprit), blame.culprit)))
    return found


def _more(before: _Failures, now: _Failures, thresholds: Thresholds) -> Iterator[Blame]:
    by_service: dict[str, Moments] = defaultdict(Moments)
    everything = Moments()
    for operation, each in before.items():
        for known in (by_service[operation.service], everything):
            known.add(each.n, each.total, each.squares)
    for operation, measured in now.items():
        usual = shown = before.get(pooled(operation), Moments())
        if not usual.n and everything.n:
            share = by_service.get(operation.service, everything).mean
            usual = Moments(measured.n, measured.n * share, measured.n * share)
        strength = rise(usual, measured, thresholds) * STRONGEST
        if strength > 0:
            yield Blame(operation, "errors", "failing", strength, shown, measured, operation)
