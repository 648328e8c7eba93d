"""Deviations in words."""

import math
from typing import Final

from spanwise_collector.diagnose.blame import Blame, Rule
from spanwise_collector.diagnose.counts import Edge
from spanwise_collector.diagnose.features import OFFSET
from spanwise_collector.diagnose.log_counts import Pattern

_TIMED: Final = ("self_time", "lag", "tail", "outgoing", "log_gap")
# By rule, and by whether it was seen on an edge.
_SENTENCES: Final[dict[tuple[Rule, bool], str]] = {
    ("self_time", False): "{caller.name} of {caller.service} takes {figure} by itself {counted}.",
    ("lag", True): "{callee.service} begins {callee.name} {figure} after {caller.service} calls it {counted}.",
    ("tail", True): "{caller.service} gets on {figure} after {callee.service} has ended {callee.name} {counted}.",
    (
        "outgoing",
        True,
    ): "Most calls that {caller.service} makes lose time around them: {callee.name} {figure} {counted}.",
    ("ended_early", False): "{caller.name} of {caller.service} returns without a call in {figure} {counted}.",
    ("ended_early", True): "{caller.name} of {caller.service} stops after {callee.name} in {figure} {counted}.",
    ("ended_after", True): "Callers stop after calling {culprit.service}: {caller.service} in {figure} {counted}.",
    ("missing", False): "{caller.name} of {caller.service} reaches no span of {culprit.service} in {figure} {counted}.",
    ("missing", True): "{callee.name} of {caller.service} reaches no span of {culprit.service} in {figure} {counted}.",
    ("vanished", False): "{culprit.service} is called by {caller.name} of {caller.service} and shows no spans any more"
    " {counted}.",
    ("new_calls", True): "{caller.name} of {caller.service} calls {callee.name} of {callee.service}, which it did not,"
    " in {figure} {counted}.",
    ("more_calls", True): "{caller.name} of {caller.service} calls {callee.name} {figure} times {counted}.",
    ("errors", False): "{caller.name} of {caller.service} fails, and nothing below it, in {figure} {counted}.",
    ("log_gap", True): "“{caller.name}” of {caller.service} follows {figure} after “{callee.name}” of {callee.service}"
    " {counted}.",
    ("stopped", False): "No more requests come to {caller.service}: {now_spans} spans in all, and none at the end.",
    (
        "gone",
        False,
    ): "{caller.instance} of {caller.service} sent {spans} spans in the baseline, {now_spans} now and none at the end.",
}
_LOGGED: Final[dict[Rule, str]] = {
    "log_errors": "{measured.service} logs “{measured.template}” {now}, {before}.",
    "log_named": "{measured.service} says of {culprit.service}: “{measured.template}” {now}, {before}.",
    "log_new": "{measured.service} logs what it did not before: “{measured.template}” {now}.",
    "log_more": "{measured.service} logs “{measured.template}” {now}, {before}.",
    "log_gone": "{measured.service} logs “{measured.template}” {seldom}, {before}.",
    "log_silent": "{who} has written next to nothing: {now_of}, {before_of} in the baseline.",
}
_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))


def claim(blame: Blame) -> str:
    """One sentence with the figures before and now."""
    if isinstance(blame.measured, Pattern):
        return _logged(blame, blame.measured)
    edge = isinstance(blame.measured, Edge)
    caller = blame.measured.caller if isinstance(blame.measured, Edge) else blame.measured
    callee = blame.measured.callee if isinstance(blame.measured, Edge) else blame.culprit
    timed = blame.rule in _TIMED
    usually = f"{blame.before.n:,}" if blame.before.n else "none"
    counted = f"({blame.now.n:,} calls; {usually} in the baseline)"
    sentence = _SENTENCES[blame.rule, edge].format(
        figure=_times(blame) if timed else _often(blame) if blame.rule == "more_calls" else _shares(blame),
        counted=counted,
        caller=caller,
        callee=callee,
        culprit=blame.culprit,
        spans=f"{blame.before.n:,}",
        now_spans=f"{blame.now.n:,}",
    )
    # The comma behind the figures parts them from words, not from the counts.
    return sentence.replace(f", {counted}", f" {counted}")


def _logged(blame: Blame, measured: Pattern) -> str:
    of = "records" if blame.by_records else "requests"
    return _LOGGED[blame.rule].format(
        measured=measured,
        culprit=blame.culprit,
        who=measured.instance or measured.service,
        now=f"{blame.now.total:,.0f} times in {blame.now.n:,} {of}",
        seldom=f"{f'only {blame.now.total:,.0f} times' if blame.now.total else 'not once'} in {blame.now.n:,} {of}",
        before=f"{blame.before.total:,.0f} in {blame.before.n:,} in the baseline"
        if blame.before.n
        else f"and the baseline has no records of {measured.service}",
        now_of=f"{blame.now.total:,.0f} of {blame.now.n:,}",
        before_of=f"{blame.before.total:,.0f} of {blame.before.n:,}",
    )


def counted(count: int, thing: str) -> str:
    """How many there are of a thing: `1 trace`, `1,200 traces`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def duration(nanoseconds: float) -> str:
    """A duration with three digits, in seconds all that it has before the point."""
    for size, unit in _UNITS:
        # What would be written as 1,000 of a unit is one of the next.
        if nanoseconds >= size * 0.9995:
            value = nanoseconds / size
            return f"{value:,.0f} {unit}" if value >= 99.95 else f"{value:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def _times(blame: Blame) -> str:
    return f"{duration(_typical(blame.now.mean))}, usually {duration(_typical(blame.before.mean))},"


def _typical(logarithm: float) -> float:
    return max(0.0, math.exp(logarithm) - OFFSET)


def _often(blame: Blame) -> str:
    return f"{blame.now.mean:.1f}, usually {blame.before.mean:.1f},"


def _shares(blame: Blame) -> str:
    usually = f", usually {blame.before.mean:.0%}," if blame.before.n else ""
    return f"{blame.now.mean:.0%}{usually}"
