"""What a span says of itself."""

from __future__ import annotations

import pytest
from spanwise_collector.model.span import kind_name, status_name

from tests.collector.trace.spans import span


@pytest.mark.parametrize(
    ("start", "end", "duration", "unfinished"), [(5, 9, 4, False), (5, 5, 0, False), (5, 3, 0, False), (5, 0, 0, True)]
)
def test_cases_36_and_37_a_duration_is_never_negative_and_a_span_without_an_end_is_unfinished(
    start: int, end: int, duration: int, unfinished: bool
) -> None:
    made = span(1, 0, start, end)
    assert (made.duration, made.unfinished) == (duration, unfinished)


def test_numbers_that_opentelemetry_does_not_define_stay_visible() -> None:
    assert [kind_name(number) for number in (0, 2, 5, 6, 99, -1)] == [
        "unspecified",
        "server",
        "consumer",
        "unknown (6)",
        "unknown (99)",
        "unknown (-1)",
    ]
    assert [status_name(number) for number in (0, 1, 2, 3, -1)] == [
        "unset",
        "ok",
        "error",
        "unknown (3)",
        "unknown (-1)",
    ]
