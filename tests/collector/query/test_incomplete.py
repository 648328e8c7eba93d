"""Which of the last minutes' traces miss spans, and in which clocks disagree."""

from __future__ import annotations

import pytest
from spanwise_collector.query import incomplete as looked
from spanwise_collector.query.incomplete import Faulty, incomplete

from tests.collector.inside import Inside
from tests.factories import MINUTE, START, span, trace_ids, traces

PROJECT = "incomplete"
NOW = START + 10 * MINUTE
MILLISECOND = 1_000_000


def test_traces_are_counted_by_what_is_wrong_with_them(collector: Inside) -> None:
    whole, lost, early, young = trace_ids(4)
    at = NOW - 5 * MINUTE
    web = [
        span(whole, 1, start_time_unix_nano=at),
        # Its parent began before the window.
        span(whole, 3, 4, start_time_unix_nano=at),
        span(whole, 4, 1, start_time_unix_nano=NOW - 16 * MINUTE),
        span(lost, 1, 9, start_time_unix_nano=at + 1),
        span(lost, 2, 9, start_time_unix_nano=at + 1),
        span(early, 1, start_time_unix_nano=at + 2 * MILLISECOND),
        # The same clock: no other can be wrong.
        span(early, 3, 1, start_time_unix_nano=at),
        span(young, 1, 9, start_time_unix_nano=NOW - MINUTE // 2),
    ]
    api = [
        # As much earlier as clocks are read.
        span(whole, 2, 1, start_time_unix_nano=at - MILLISECOND),
        span(early, 2, 1, start_time_unix_nano=at),
    ]
    collector.send(PROJECT, traces(web, "web"), traces(api, "api"))
    found = incomplete(collector.engine, PROJECT, NOW, 15)
    assert (found.one_in, found.traces) == (1, 3)
    assert found.missing == Faulty(1, [lost])
    assert found.skewed == Faulty(1, [early])
    assert incomplete(collector.engine, PROJECT, NOW - 60 * MINUTE, 15).traces == 0


def test_long_work_misses_nothing_while_it_goes_on_nor_when_it_began_long_ago(collector: Inside) -> None:
    done, goes_on, rests, lost = trace_ids(4)
    project, at, long_ago = f"{PROJECT}-long", NOW - 5 * MINUTE, NOW - 90 * MINUTE
    jobs = [
        # Whole, and began an hour before the window.
        span(done, 1, start_time_unix_nano=long_ago, end_time_unix_nano=at + MINUTE),
        span(done, 2, 1, start_time_unix_nano=long_ago + MINUTE),
        span(done, 3, 1, start_time_unix_nano=at),
        # Its root is sent when it ends.
        span(goes_on, 2, 1, start_time_unix_nano=at, end_time_unix_nano=at + MINUTE),
        span(goes_on, 3, 1, start_time_unix_nano=at + MINUTE, end_time_unix_nano=NOW - MINUTE // 2),
        # As long as its first step has taken.
        span(rests, 2, 1, start_time_unix_nano=at, end_time_unix_nano=NOW - 2 * MINUTE),
        # As long ago, and without one of its parents.
        span(lost, 1, start_time_unix_nano=long_ago, end_time_unix_nano=at + MINUTE),
        span(lost, 3, 1, start_time_unix_nano=at),
        span(lost, 4, 9, start_time_unix_nano=at),
    ]
    # The parents come when they have ended, after their children.
    for each in reversed(jobs):
        collector.send(project, traces([each], "jobs"))
    found = incomplete(collector.engine, project, NOW, 15)
    assert found.missing == Faulty(1, [lost])
    assert found.traces == 4


@pytest.mark.parametrize(("most", "one_in"), [(80, 10), (40, 32)], ids=["of all", "of those that are kept"])
def test_of_many_spans_whole_traces_are_left_out(
    collector: Inside, monkeypatch: pytest.MonkeyPatch, most: int, one_in: int
) -> None:
    monkeypatch.setattr(looked, "MOST_SPANS", most)
    project, at = f"{PROJECT}-{most}", NOW - 5 * MINUTE
    many = trace_ids(400)
    spans = [span(each, number, number - 1, start_time_unix_nano=at) for each in many for number in (1, 2)]
    collector.send(project, traces(spans, "web"))
    found = incomplete(collector.engine, project, NOW, 15)
    assert (found.one_in, found.missing.traces) == (one_in, 0)
    assert 0 < found.traces < len(many)
