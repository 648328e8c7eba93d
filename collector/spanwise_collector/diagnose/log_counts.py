"""The log records of one window, arranged for the rules."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from spanwise_collector.diagnose.features import BUCKETS, Row

WARN: Final = 13
ERROR: Final = 17
_BURST: Final = 2
"""Slices of a window in which a start, a stop or a reload says all that it has to say."""
_WORDS: Final = re.compile(
    r"\b(?:error|errors|exception|traceback|fail|fails|failed|failure|fatal|panic|critical|refused|unavailable|unreachable"
    r"|timeout|timed out|time-out|denied|aborted|giving up|gave up)\b",
    re.IGNORECASE,
)


class Pattern(NamedTuple):
    """What an instance says; `instance` is "" where those of a service are taken together."""

    service: str
    instance: str
    template: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """Records of one template, severity and slice of the window. One of them: its time, ids ("" without) and text."""

    service: str
    instance: str
    template: str
    severity: int
    bucket: int
    n: int
    time: int = 0
    trace_id: str = ""
    span_id: str = ""
    text: str = ""

    @property
    def pattern(self) -> Pattern:
        return Pattern(self.service, self.instance, self.template)


class Origins(NamedTuple):
    """In how many traces what tells of trouble occurs, and in how many its instance was the first to tell of any."""

    traces: int
    first: int


@dataclass(slots=True)
class Logged:
    """The records of a window of `length` ns.

    `traces`: how many traces have a record of an instance, by (service, instance). `origins`: of what
    tells of trouble, where records name their traces. `gaps`: time between records of a trace, where no spans tell.
    `span_sample`: of how many traces beside them one was counted. `earlier`: of services that hardly wrote in this
    window, those that wrote before it, with which of the templates in question.
    """

    rows: Sequence[LogRow] = ()
    length: int = 0
    traces: Mapping[tuple[str, str], int] = field(default_factory=dict)
    origins: Mapping[Pattern, Origins] = field(default_factory=dict)
    gaps: Sequence[Row] = ()
    span_sample: int = 1
    earlier: Mapping[str, Set[str]] = field(default_factory=dict)
    counts: Counter[Pattern] = field(init=False)
    severities: Mapping[Pattern, int] = field(init=False)
    texts: Mapping[Pattern, str] = field(init=False)
    records: Counter[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.counts, self.records = Counter(), Counter()
        worst: dict[Pattern, int] = defaultdict(int)
        texts: dict[Pattern, str] = defaultdict(str)
        for row in self.rows:
            self.counts[row.pattern] += row.n
            self.records[row.service, row.instance] += row.n
            worst[row.pattern] = max(worst[row.pattern], row.severity)
            texts[row.pattern] = max(texts[row.pattern], row.text)
        self.severities, self.texts = dict(worst), dict(texts)

    def pooled(self, *, without: Set[Pattern] = frozenset()) -> Counter[tuple[str, str]]:
        """Records by service and template; some patterns left out."""
        found: Counter[tuple[str, str]] = Counter()
        for pattern, n in self.counts.items():
            if pattern not in without:
                found[pattern.service, pattern.template] += n
        return found

    def bursts(self) -> set[Pattern]:
        """What was said within two neighbouring slices only, of no request: by a process that starts, for one."""
        slices: dict[Pattern, set[int]] = defaultdict(set)
        of_requests: set[Pattern] = set()
        for row in self.rows:
            slices[row.pattern].add(row.bucket)
            if row.trace_id:
                of_requests.add(row.pattern)
        return {each for each, at in slices.items() if max(at) - min(at) < _BURST} - of_requests

    def lasting(self) -> set[tuple[str, str]]:
        """What a service said in half of the slices of the window or more."""
        slices: dict[tuple[str, str], set[int]] = defaultdict(set)
        for row in self.rows:
            slices[row.service, row.template].add(row.bucket)
        return {each for each, at in slices.items() if len(at) >= BUCKETS // 2}

    @property
    def slices(self) -> int:
        """In how many slices of the window anything was written."""
        return len({row.bucket for row in self.rows})


def is_bad(severity: int, text: str) -> bool:
    """Whether a record tells of trouble: by its severity, and where it has none by its words."""
    return severity >= WARN if severity else bool(_WORDS.search(text))


def by_service(counts: Mapping[tuple[str, str], int]) -> Counter[str]:
    """Counts of instances as those of their services."""
    found: Counter[str] = Counter()
    for (service, _), n in counts.items():
        found[service] += n
    return found
