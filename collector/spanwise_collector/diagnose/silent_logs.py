"""Rule: where no spans tell, a service or an instance wrote log records and writes none any more, or hardly any."""

from typing import Final

from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import STRONGEST, Moments, rise
from spanwise_collector.diagnose.log_counts import Logged, Pattern, by_service
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds

# Who is not called any more is as silent as who is dead: others must speak against it as well.
_ALONE: Final = 0.5


def silent_logs(before: Logged, now: Logged, thresholds: Thresholds = DEFAULTS) -> list[Blame]:
    """Services that take part in fewer traces, or write less, than the rest; instances that left their siblings."""
    counted = (before.traces, now.traces) if before.traces and now.traces else (before.records, now.records)
    usual, measured = (by_service(each) for each in counted)
    found = []
    everything, rest = max(usual.values(), default=0), max(measured.values(), default=0)
    for service, old in usual.items():
        if old < thresholds.silent_records or not rest:
            continue
        shares = Moments(everything, everything - old, everything - old), _absent(rest, measured[service])
        strength = rise(*shares, thresholds) / max(old / everything, 1e-9) * STRONGEST * _ALONE
        if strength > 0:
            where = Operation(service, "", "")
            shown = Moments(everything, old), Moments(rest, measured[service])
            found.append(
                Blame(where, "log_silent", "silent", min(STRONGEST, strength), *shown, Pattern(service, "", ""))
            )
    return found + _instances(before, now, thresholds)


def _absent(total: int, present: int) -> Moments:
    return Moments(total, max(0, total - present), max(0, total - present))


def _instances(before: Logged, now: Logged, thresholds: Thresholds) -> list[Blame]:
    found = []
    usual, measured = by_service(before.records), by_service(now.records)
    for (service, instance), old in before.records.items():
        expected = old / usual[service] * measured[service]
        left = now.records.get((service, instance), 0)
        replaced = {key for key in now.records if key[0] == service} - set(before.records)
        if expected >= thresholds.silent_records and left <= thresholds.silent_left * expected and not replaced:
            gone = Operation(service, instance, "")
            shown = Moments(usual[service], old), Moments(measured[service], left)
            found.append(Blame(gone, "log_silent", "silent", STRONGEST, *shown, Pattern(service, instance, "")))
    return found
