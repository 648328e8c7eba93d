"""The verdict on one trace: every rule's findings, the weightiest first."""

from collections.abc import Callable, Sequence
from typing import Final

from spanwise_collector.diagnose.finding import Finding, Subject
from spanwise_collector.diagnose.trace_cold_start import cold_starts
from spanwise_collector.diagnose.trace_early_end import early_ends_of_trace
from spanwise_collector.diagnose.trace_errors import errors_at_origin
from spanwise_collector.diagnose.trace_fan_out import fan_outs
from spanwise_collector.diagnose.trace_logs import bad_records, missing_records, new_records
from spanwise_collector.diagnose.trace_missing import missing_servers
from spanwise_collector.diagnose.trace_path import unusual_paths
from spanwise_collector.diagnose.trace_queued import queued_messages
from spanwise_collector.diagnose.trace_repeated import repeated_calls, retries
from spanwise_collector.diagnose.trace_sequential import sequential_calls
from spanwise_collector.diagnose.trace_slow import slow_spans
from spanwise_collector.diagnose.trace_sql import slow_statements
from spanwise_collector.diagnose.trace_storm import retry_storms
from spanwise_collector.diagnose.trace_timeout import short_timeouts
from spanwise_collector.diagnose.trace_waits import waits

RULES: Final[dict[str, Callable[[Subject], Sequence[Finding]]]] = {
    "error": errors_at_origin,
    "missing": missing_servers,
    "early_end": early_ends_of_trace,
    "path": unusual_paths,
    "timeout": short_timeouts,
    "slow": slow_spans,
    "queued": queued_messages,
    "wait": waits,
    "cold_start": cold_starts,
    "sql": slow_statements,
    "fan_out": fan_outs,
    "log_error": bad_records,
    "log_new": new_records,
    "log_missing": missing_records,
    "storm": retry_storms,
    "retry": retries,
    "repeated": repeated_calls,
    "sequential": sequential_calls,
}
# What is wrong comes before what is slow, and what is slow before what could be better.
_WEIGHT: Final = {
    "error": 2.0, "missing": 2.0, "timeout": 1.9, "storm": 1.6, "early_end": 1.5, "log_error": 1.4, "log_missing": 1.3,
    "path": 1.2, "slow": 1.0, "queued": 1.0, "wait": 1.1, "cold_start": 0.9, "sql": 0.8, "retry": 1.0, "fan_out": 0.6,
    "repeated": 0.5,
}  # fmt: skip
_USUAL_WEIGHT: Final = 0.2


def explain(subject: Subject) -> list[Finding]:
    """Findings in an order that does not depend on that of the spans' arrival."""
    found = [finding for rule in RULES.values() for finding in rule(subject)]
    return sorted(found, key=lambda each: (each.usual, -_weight(each), each.rule, each.culprit, each.claim))


def _weight(finding: Finding) -> float:
    base = _WEIGHT.get(finding.rule, _USUAL_WEIGHT)
    return base * finding.share if base <= 1 else base - 1 + finding.share
