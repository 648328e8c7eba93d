"""Rule: requests no longer come in, from some slice of the window on to its end.

Who calls the first service is not traced, so its silence shows in nothing but its own. It is little to go by: the
window may be longer than what was sent, so it counts just enough to be named where nothing else stands out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import BUCKETS, Moments, Row
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

_STRENGTH: Final = 1.5


def silent_services(before: Sequence[Row], now: Sequence[Row], thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Every service without callers that sends nothing in the last quarter of the window or longer, and did before."""
    called = {row.other_service for row in before if row.other_service and row.other_service != row.service}
    usual, measured = _slices(before), _slices(now)
    found = []
    for service, slices in usual.items():
        last = max((at for at, n in measured.get(service, {}).items() if n), default=-1)
        silent = BUCKETS - 1 - last
        if (
            service in called
            or silent < thresholds.stopped_slices
            or not any(slices.get(at) for at in range(last + 1, BUCKETS))
        ):
            continue
        # By the rate of the slices in which it still sent: the baseline may have had another load or length.
        sent = sum(measured.get(service, {}).values())
        expected = sent / max(1, last + 1) * silent if sent else float(sum(slices.values()))
        if expected >= thresholds.stopped_due:
            where = Operation(service, "", "")
            shown = Moments(sum(slices.values())), Moments(sent)
            found.append(Blame(where, "stopped", "silent", _STRENGTH, *shown, where))
    return found


def _slices(rows: Sequence[Row]) -> Mapping[str, Mapping[int, int]]:
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row.what == "end" and not row.other_service:
            found[row.service][row.bucket] += row.n
    return found
