"""Rule: an instance sent spans and sends none any more, while its siblings go on and none has taken its place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import STRONGEST, Moments, Row

_FEWEST_SPANS: Final = 30


def silent_instances(before: Sequence[Row], now: Sequence[Row]) -> list[Blame]:
    """Every instance that is missing from a service which has fewer instances than before."""
    old, new = _spans(before), _spans(now)
    found = []
    for service, usual in old.items():
        present = new.get(service, {})
        if not 0 < len(present) < len(usual):
            continue
        for instance, spans in usual.items():
            if instance not in present and spans >= _FEWEST_SPANS:
                gone = Operation(service, instance, "")
                found.append(Blame(gone, "gone", "silent", STRONGEST, Moments(spans), Moments(), gone))
    return found


def _spans(rows: Sequence[Row]) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row.what == "end" and not row.other_service:
            found[row.service][row.instance] += row.n
    return found
