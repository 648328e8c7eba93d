"""Traffic that changed where requests come in: what comes from outside is no fault of a service, and may explain it."""

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

from spanwise_collector.diagnose.features import BUCKETS, Row
from spanwise_collector.diagnose.overload import Rates, rates
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of an operation that nobody who is traced calls, a second; since which slice of the window."""

    service: str
    operation: str
    rates: Rates
    slice: int

    @property
    def claim(self) -> str:
        """One sentence with the figures."""
        usual, now = self.rates.usual, self.rates.now
        change = f"{now / usual:.1f} times as many" if now > usual else f"only {now / usual:.0%} of the"
        return (
            f"{self.service} gets {change} requests of {self.operation} ({now:.3g} a second, usually {usual:.3g})."
            " They come from outside of what is traced: that is no fault of a service."
        )


def traffic(
    before: Sequence[Row],
    now: Sequence[Row],
    seconds: tuple[float, float],
    samples: tuple[int, int] = (1, 1),
    thresholds: Thresholds = DEFAULTS,
) -> list[Traffic]:
    """Entrances that get twice as many requests or half as many, beyond their own spread; the most requests first.

    `seconds`: how long a slice of each window lasts. `samples`: one in so many traces was counted.
    """
    called = {(row.other_service, row.other_operation) for row in (*before, *now) if row.other_service}
    entrances = {(row.service, row.operation) for row in before if row.what == "end"} - called
    slices_before, slices_now = _by_slice(before, entrances, samples[0]), _by_slice(now, entrances, samples[1])
    found = []
    for service, name in sorted(entrances):
        usual, measured = slices_before[service, name], slices_now[service, name]
        if (
            sum(usual) < thresholds.traffic_requests
            or sum(1 for n in usual if n) < thresholds.traffic_slices
            or not sum(measured)
        ):
            continue
        whole = rates(usual, measured, 0, seconds)
        first = _onset(measured, whole.usual * seconds[1], more=whole.now > whole.usual)
        since = rates(usual, measured, first, seconds)
        if _changed(since, usual, len(measured) - first, seconds, thresholds):
            found.append(Traffic(service, name, since, first))
    return sorted(found, key=lambda each: (-max(each.rates.now, each.rates.usual), each.service, each.operation))


def _by_slice(rows: Sequence[Row], entrances: Set[tuple[str, str]], sample: int) -> dict[tuple[str, str], list[float]]:
    """How often each of the entrances was called in each slice, in one pass: there may be ten thousand."""
    found = {each: [0.0] * BUCKETS for each in entrances}
    for row in rows:
        if row.what == "end" and not row.other_service and (row.service, row.operation) in found:
            found[row.service, row.operation][row.bucket] += row.n * sample
    return found


def _onset(measured: Sequence[float], usual: float, *, more: bool) -> int:
    """The first slice with half of the whole change in it."""
    extreme = max(measured) if more else min(measured)
    half = (usual + extreme) / 2
    return next((at for at, n in enumerate(measured) if (n >= half if more else n <= half)), 0)


def _changed(
    since: Rates, usual: Sequence[float], slices: int, seconds: tuple[float, float], thresholds: Thresholds
) -> bool:
    ratio = thresholds.traffic_ratio
    if since.usual <= 0 or since.usual / ratio < since.now < since.usual * ratio or slices < thresholds.traffic_slices:
        return False
    inner = [n / seconds[0] for n in usual if n]
    mean = sum(inner) / len(inner)
    spread = math.sqrt(sum((each - mean) ** 2 for each in inner) / len(inner))
    # Requests that come by chance spread by the root of their number.
    chance = math.sqrt(max(since.now, since.usual) / (slices * seconds[1]))
    return abs(since.now - since.usual) > thresholds.traffic_spreads * max(spread, chance)
