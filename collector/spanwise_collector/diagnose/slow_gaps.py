"""Rule: where no spans tell, more time passes between two records of a trace than did."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Edge, Operation
from spanwise_collector.diagnose.features import Moments, Row, shift
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

# What is written last before a record of another service may be at either end of what took long.
_WRITERS_SHARE: Final = 0.7
_Key: TypeAlias = tuple[str, str, str, str]


def slow_gaps(before: Iterable[Row], now: Iterable[Row], thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every pair of records whose time between them rose beyond its own spread: put down to who wrote the second.

    The difference of two clocks lies between them: an instance is held against its own baseline where it has one.
    """
    before = list(before)
    usual: Mapping[_Key, Moments] = _sums(before)
    own = {instance: _sums(rows) for instance, rows in _by_instance(before).items()}
    after_any: dict[tuple[str, str], Moments] = defaultdict(Moments)
    for row in before:
        after_any[row.service, row.operation].add(row.n, row.a, row.aa)
    found = []
    for instance, rows in sorted(_by_instance(now).items()):
        for key, measured in _sums(rows).items():
            known = own.get(instance, {}).get(key, Moments())
            if known.n < thresholds.own_gap_records:
                known = usual.get(key, Moments())
            if known.n < thresholds.gap_records:
                # What took long comes after another record than it used to, where clocks or calls overlap.
                known = after_any[key[0], key[1]]
            strength = shift(known, measured, thresholds)
            if min(known.n, measured.n) < thresholds.gap_records or strength <= 0:
                continue
            service, template, other, said = key
            if other != service:
                strength *= _WRITERS_SHARE
            second, first = Operation(service, instance, template), Operation(other, "", said)
            found.append(Blame(second, "log_gap", "slow", strength, known, measured, Edge(second, first)))
    return found


def _by_instance(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.instance].append(row)
    return found


def _sums(rows: Iterable[Row]) -> dict[_Key, Moments]:
    found: dict[_Key, Moments] = defaultdict(Moments)
    for row in rows:
        found[row.service, row.operation, row.other_service, row.other_operation].add(row.n, row.a, row.aa)
    return dict(found)
