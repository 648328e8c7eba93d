"""The verdict on one trace: every rule's findings, the weightiest first."""

from collections.abc import Callable, Sequence
from typing import Final

from spanwise_collector.diagnose.finding import Finding, Subject
from spanwise_collector.diagnose.trace_early_end import early_ends_of_trace
from spanwise_collector.diagnose.trace_errors import errors_at_origin
from spanwise_collector.diagnose.trace_missing import missing_servers
from spanwise_collector.diagnose.trace_repeated import repeated_calls, retries
from spanwise_collector.diagnose.trace_sequential import sequential_calls
from spanwise_collector.diagnose.trace_slow import slow_spans

RULES: Final[dict[str, Callable[[Subject], Sequence[Finding]]]] = {
    "error": errors_at_origin,
    "missing": missing_servers,
    "early_end": early_ends_of_trace,
    "slow": slow_spans,
    "retry": retries,
    "repeated": repeated_calls,
    "sequential": sequential_calls,
}
# What is wrong comes before what is slow, and what is slow before what could be better.
_WEIGHT: Final = {"error": 2.0, "missing": 2.0, "early_end": 1.5, "slow": 1.0, "retry": 1.0, "repeated": 0.5}
_USUAL_WEIGHT: Final = 0.2


def explain(subject: Subject) -> list[Finding]:
    """Findings in an order that does not depend on that of the spans' arrival."""
    found = [finding for rule in RULES.values() for finding in rule(subject)]
    return sorted(found, key=lambda each: (each.usual, -_weight(each), each.rule, each.culprit, each.claim))


def _weight(finding: Finding) -> float:
    base = _WEIGHT.get(finding.rule, _USUAL_WEIGHT)
    return base * finding.share if base <= 1 else base - 1 + finding.share
