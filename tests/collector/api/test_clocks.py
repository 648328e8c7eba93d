"""A trace whose hosts disagree about the time: shown as it came, with what a correction would be beside it."""

from __future__ import annotations

from typing import Any

from spanwise_collector.api import trace_present
from spanwise_collector.query import trace

from tests.collector.inside import Inside
from tests.factories import START, span, trace_ids, traces

MS = 1_000_000
PROJECT = "clocks"


def test_raw_times_are_kept_and_corrected_ones_stand_beside_them(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    for host, number, parent, start, end in (("h1", 1, 0, 0, 100), ("h2", 2, 1, -50, 30), ("h2", 3, 2, -40, 0)):
        made = span(
            trace_id, number, parent, start_time_unix_nano=START + start * MS, end_time_unix_nano=START + end * MS
        )
        collector.send(PROJECT, traces([made], f"on-{host}", **{"host.name": host}))
    shown: dict[str, Any] = trace_present.trace(
        trace.load(collector.engine, PROJECT, trace_id, 100), now=0
    ).model_dump()
    assert shown["clocks"] == [
        {
            "host": "h1", "services": ["on-h1"], "span_count": 1, "correction": 0, "uncertainty": None,
            "against": None, "calls": 0, "evidence": None,
        },
        {
            "host": "h2", "services": ["on-h2"], "span_count": 2, "correction": 60 * MS, "uncertainty": 10 * MS,
            "against": "h1", "calls": 1, "evidence": "begins before its caller",
        },
    ]  # fmt: skip
    assert [
        (each["start_time_unix_nano"], each["skew_correction"], each["corrected_start_time_unix_nano"])
        for each in shown["spans"]
    ] == [
        (START, 0, START),
        (START - 50 * MS, 60 * MS, START + 10 * MS),
        (START - 40 * MS, 60 * MS, START + 20 * MS),
    ]
    # Figures are by the times as they came.
    assert [each["self_time"] for each in shown["spans"]] == [70 * MS, 40 * MS, 40 * MS]
