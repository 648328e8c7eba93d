"""A service that sends no spans and seldom logs, beside a shop that is well: are its usual lines held against it?"""

from __future__ import annotations

import pytest
from spanwise_collector.query.diagnosis import Question, Verdict, Window, verdict

from tests.collector.inside import Inside
from tests.factories import MINUTE, logs, record, span, traces

BEGIN = 1_795_600_000_020_000_000
HOUR = 60 * MINUTE
MS = 1_000_000
WARN = 13
REQUESTS = 40


def two_minutes(collector: Inside, project: str, before: str) -> Verdict:
    """An hour ago `nightly` warned of what `before` says; in the second of two minutes it warns of rejected rows."""
    made = [
        span(
            f"{0x107_0000 + number:032x}", 1, name="GET /item", start_time_unix_nano=at, end_time_unix_nano=at + 5 * MS
        )
        for number in range(2 * REQUESTS)
        for at in [BEGIN + number * MINUTE // REQUESTS]
    ]
    said = [record(f"{number} {before}", BEGIN - HOUR + number * MS, severity_number=WARN) for number in range(10)]
    now = [
        record(f"{number} rows rejected", BEGIN + MINUTE + number * 5_000 * MS, severity_number=WARN)
        for number in range(10)
    ]
    collector.send(project, traces(made), logs([*said, *now], "nightly"))
    return verdict(collector.engine, project, Question(Window(BEGIN + MINUTE, BEGIN + 2 * MINUTE)))


@pytest.mark.parametrize(
    ("before", "notable"), [("rows rejected", False), ("rows delayed", True)], ids=["usual", "never said before"]
)
def test_only_what_it_never_said_is_held_against_it(collector: Inside, before: str, notable: bool) -> None:
    found = two_minutes(collector, f"only-logs-{notable}".lower(), before)
    [accused] = found.accused
    assert (accused.culprit.service, accused.kind, found.notable) == ("nightly", "failing", notable)
    assert accused.claims == [
        "nightly logs “<*> rows rejected” 10 times in 10 records, and the baseline has no records of nightly."
    ]
