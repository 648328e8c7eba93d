"""Every threshold of the rules: its name, its default, its unit and what it means; each can be set (--threshold)."""

from collections.abc import Iterable
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

from spanwise_collector.errors import SettingError, excerpt

Unit: TypeAlias = Literal["count", "times", "share", "spreads", "errors", "ms", "s", "log"]


class Range(NamedTuple):
    """What a unit is called, and what a value of it must be: from, to, and in words."""

    name: str
    least: float
    most: float
    expected: str


UNITS: Final[dict[Unit, Range]] = {
    "count": Range("count", 1, 1_000_000, "a whole number from 1 to 1,000,000"),
    "times": Range("times", 1, 1_000_000, "a number from 1 to 1,000,000"),
    "share": Range("share", 0, 1, "a share from 0 to 1"),
    "spreads": Range("spreads", 0, 1_000, "a number of spreads from 0 to 1,000"),
    "errors": Range("standard errors", 0, 1_000, "a number of standard errors from 0 to 1,000"),
    "ms": Range("ms", 0, 86_400_000, "milliseconds from 0 to 86,400,000"),
    "s": Range("s", 0, 31_536_000, "seconds from 0 to 31,536,000"),
    "log": Range("natural logarithm", 0.001, 100, "a number from 0.001 to 100"),
}


def _threshold(default: float, unit: Unit, meaning: str) -> Any:
    return field(default=default, metadata={"unit": unit, "meaning": meaning})


@dataclass(frozen=True)
class OfBoth:
    """For both."""

    granted_spread: float = _threshold(
        0.1, "log", "Spread granted to every duration beside its own: a tenth is no news."
    )
    history_traces: int = _threshold(30, "count", "Traces, or else log records, of a baseline that say what is usual.")


@dataclass(frozen=True)
class OfWindows:
    """For a window."""

    notable_score: float = _threshold(0.25, "share", "Score from which a culprit stands out.")
    granted_to_few: float = _threshold(0.5, "log", "Spread granted besides, divided by the baseline's spans.")
    baseline_spans: int = _threshold(2, "count", "Spans of the baseline below which a measure says nothing.")
    window_spans: int = _threshold(3, "count", "Spans of the window below which a measure says nothing.")
    standard_errors: float = _threshold(
        2.0, "errors", "Taken off every rise of a mean or of a share: it may be chance."
    )
    own_baseline_spans: int = _threshold(
        30, "count", "Spans of the baseline from which an instance is held against itself, else against its service."
    )
    missing_calls: int = _threshold(
        3, "count", "Calls that were due, from which it is seen which of several is missing."
    )
    wrapped_share: float = _threshold(0.5, "share", "Calls that end with one of the same service: that one is wrapped.")
    more_calls_ratio: float = _threshold(1.5, "times", "As many calls for each request as usual.")
    more_calls_spans: int = _threshold(5, "count", "Callers in either window below which calls are not counted.")
    more_calls_errors: float = _threshold(3.0, "errors", "More calls than usual, beyond chance.")
    new_calls_spans: int = _threshold(30, "count", "Spans of the caller in the baseline that never made the call.")
    gone_instance_spans: int = _threshold(30, "count", "Spans in the baseline of an instance that is missed.")
    gone_instance_due: int = _threshold(15, "count", "Spans that were due from an instance that ended in the window.")
    stopped_due: int = _threshold(20, "count", "Requests that were due from an entrance that gets none any more.")
    stopped_slices: int = _threshold(3, "count", "Twelfths of the window without any request.")
    vanished_share: float = _threshold(0.8, "share", "Calls that no longer reach a service which is gone.")
    vanished_due: int = _threshold(10, "count", "Calls that were due to it.")
    vanished_strength: float = _threshold(1.0, "spreads", "By which its callers fail or wait.")
    log_records: int = _threshold(3, "count", "Records of a template below which it is no news.")
    log_usual_share: float = _threshold(0.5, "share", "Requests that have a record which is missed where it is gone.")
    log_again: float = _threshold(1.5, "times", "Complaints in a trace, of a writer that asks again and again.")
    silent_records: int = _threshold(20, "count", "Records, or traces, of a writer that may be called silent.")
    silent_left: float = _threshold(0.1, "share", "Of its records that a silent instance still writes.")
    gap_records: int = _threshold(5, "count", "Pairs of records in either window whose time between is compared.")
    own_gap_records: int = _threshold(
        10, "count", "Such pairs in the baseline from which an instance is held against itself."
    )
    overload_calls: float = _threshold(1.5, "times", "As many calls as usual.")
    overload_time: float = _threshold(1.5, "times", "As long beside most others as beside fewest.")
    overload_fewest: int = _threshold(30, "count", "Calls that are compared with each other.")
    overload_waiting: float = _threshold(0.1, "share", "More calls than usual that wait for their own process.")
    traffic_ratio: float = _threshold(2.0, "times", "As many requests from outside as usual, or as few.")
    traffic_spreads: float = _threshold(3.0, "spreads", "Beyond the spread of requests from slice to slice.")
    traffic_requests: int = _threshold(30, "count", "Requests in the baseline below which nothing is said.")
    traffic_slices: int = _threshold(3, "count", "Twelfths of the window in which it is so.")


@dataclass(frozen=True)
class OfTraces:
    """For one trace: shares are of its critical path where nothing else is said."""

    known_spans: int = _threshold(30, "count", "Spans, or traces for log records, below which nothing is usual.")
    missing_quick: float = _threshold(5.0, "ms", "A call without a reason that failed sooner was refused.")
    early_end_rare: float = _threshold(0.02, "share", "Calls of an operation that end there, at most.")
    path_rare: float = _threshold(0.02, "share", "Calls of an operation that take that path, at most.")
    timeout_ratio: float = _threshold(1.2, "times", "The callee's usual time, below which patience is too short.")
    timeout_outlived: float = _threshold(1.0, "ms", "By which the callee goes on after its caller gave up.")
    slow_spreads: float = _threshold(3.0, "spreads", "Self time, lag or tail beyond what is usual.")
    slow_share: float = _threshold(0.05, "share", "What was lost by it.")
    queued_spreads: float = _threshold(3.0, "spreads", "A message's wait beyond what is usual.")
    queued_wait: float = _threshold(10.0, "ms", "A message's wait, at least.")
    wait_share: float = _threshold(0.05, "share", "What was lost by waiting for the own process.")
    cold_start_age: float = _threshold(120.0, "s", "After its first span an instance is new for so long.")
    cold_start_ratio: float = _threshold(2.0, "times", "The usual self time.")
    cold_start_share: float = _threshold(0.05, "share", "What was lost by it.")
    sql_time: float = _threshold(100.0, "ms", "A statement that is slow.")
    sql_share: float = _threshold(0.2, "share", "What a slow statement takes.")
    sql_rows: int = _threshold(1_000, "count", "Rows that are too many.")
    sql_unbounded_share: float = _threshold(0.05, "share", "What a statement without bounds takes.")
    fan_out_calls: int = _threshold(8, "count", "Calls of one kind at once.")
    fan_out_ratio: float = _threshold(2.0, "times", "The middle call's time, of the slowest.")
    fan_out_share: float = _threshold(0.05, "share", "What was lost by the slowest.")
    log_rare: float = _threshold(0.02, "share", "Normal traces that have a template which is news, at most.")
    log_common: float = _threshold(0.98, "share", "Normal traces that have a template which is missed.")
    log_templates: int = _threshold(3, "count", "Templates of either kind that are told.")
    storm_tries: int = _threshold(4, "count", "Spans of one operation, where two levels try again.")
    storm_levels: int = _threshold(2, "count", "Levels that try again.")
    storm_tries_of_one: int = _threshold(5, "count", "Spans of one operation, where fewer levels try again.")
    repeated_calls: int = _threshold(5, "count", "The same call, one after the other.")
    repeated_share: float = _threshold(0.05, "share", "What they take.")
    sequential_calls: int = _threshold(3, "count", "Different calls, one after the other.")
    sequential_share: float = _threshold(0.2, "share", "What they could save at once.")
    sequential_gap: float = _threshold(0.1, "share", "Of a call's time that passes before it, at most.")


@dataclass(frozen=True)
class Thresholds(OfTraces, OfWindows, OfBoth):
    """All thresholds; durations in the unit that is named, everything else as a number."""

    @classmethod
    def of(cls, given: Iterable[tuple[str, float]]) -> Self:
        """The defaults with some set otherwise, of one that is given twice the last; raises SettingError."""
        wanted: dict[str, Any] = {name: _checked(name, value) for name, value in given}
        return replace(cls(), **wanted)

    def changed(self) -> dict[str, float]:
        """Those that are not what they are by default."""
        return {each.name: value for each in known() if (value := getattr(self, each.name)) != each.default}


def known() -> tuple[Field[Any], ...]:
    """All of them with their default; `metadata` has unit and meaning."""
    return fields(Thresholds)


def _checked(name: str, value: float) -> float:
    names = {each.name: each for each in known()}
    if name not in names:
        nearest = get_close_matches(name, names, n=1, cutoff=0)[0]
        raise SettingError(
            f"--threshold: there is no threshold '{excerpt(name)}'; did you mean '{nearest}'?"
            " docs/thresholds.md lists all of them."
        )
    unit: Unit = names[name].metadata["unit"]
    allowed = UNITS[unit]
    if not allowed.least <= value <= allowed.most or (unit == "count" and value != int(value)):
        raise SettingError(f"--threshold: {name} cannot be {value:g}; expected {allowed.expected}.")
    return int(value) if unit == "count" else value


DEFAULTS: Final = Thresholds()
