"""Calls whose other side is missing."""

from __future__ import annotations

import pytest
from spanwise_collector.diagnose.trace_missing import missing_servers
from spanwise_collector.model.span import ERROR

from tests.collector.diagnose.counted import edge
from tests.collector.diagnose.subjects import in_ms, subject, told

HISTORY = edge("shop/call pay", "pay/charge", [1] * 40, [1] * 40)


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        (1, ERROR, "the caller failed within 1 ms, as when a connection is refused"),
        (900, ERROR, "the caller failed after 900 ms, as when nobody answers in time"),
        (9, 0, "the call went well, so its span was not recorded, not sampled or has not arrived"),
    ],
)
def test_what_the_caller_saw_tells_why(end: int, status: int, reason: str) -> None:
    spans = [in_ms(1, 0, 0, end, "shop/call pay", status_code=status)]
    assert told(missing_servers(subject(spans, HISTORY))) == [
        ("pay", 1.0, f"pay has no span for call pay of shop: {reason}.")
    ]


def test_a_call_that_arrived_or_never_shows_its_other_side_is_not_told() -> None:
    arrived = [in_ms(1, 0, 0, 9, "shop/call pay"), in_ms(2, 1, 1, 8, "pay/charge")]
    assert missing_servers(subject(arrived, HISTORY)) == []
    assert missing_servers(subject([in_ms(1, 0, 0, 9, "shop/call bank")], HISTORY)) == []
