"""Time spent waiting for the own process, as the tracer records it."""

from __future__ import annotations

import math
import re
from pathlib import Path

import spanwise.waits
from spanwise_collector.diagnose.trace_waits import waits
from spanwise_collector.model.span import Event, Span
from spanwise_collector.trace import waits as known

from tests.collector.diagnose.subjects import MS, in_ms, subject, told


def waiting(*events: tuple[str, float]) -> list[Span]:
    made = tuple(
        Event(time=0, name="spanwise.wait", attributes={"spanwise.wait.for": what, "spanwise.wait.duration": ms * MS})
        for what, ms in events
    )
    return [in_ms(1, 0, 0, 100, "shop/get", events=made), in_ms(2, 1, 90, 95, "stock/find")]


def test_the_events_are_those_that_the_tracer_writes() -> None:
    ours = known.EVENT, known.FOR, known.DURATION
    assert ours == (spanwise.waits.EVENT, spanwise.waits.FOR, spanwise.waits.DURATION)
    said = Path(spanwise.waits.__file__).read_text("utf-8")
    assert re.search("`connection`, `thread` or `event loop`", said)


def test_waits_for_a_pool_are_added_up() -> None:
    assert told(waits(subject(waiting(("connection", 30), ("connection", 20), ("thread", 2))))) == [
        ("shop", 0.5, "shop waited 50 ms for a connection in 1 span.")
    ]


def test_an_event_loop_that_was_held_up_is_named() -> None:
    assert told(waits(subject(waiting(("event loop", 40))))) == [
        ("shop", 0.4, "shop waited 40 ms for its event loop in 1 span.")
    ]


def test_short_waits_and_other_events_are_no_finding() -> None:
    assert waits(subject(waiting(("connection", 4)))) == []
    told_oddly: tuple[object, ...] = ("long", True, None, math.inf, -math.inf, math.nan, 10**30)
    odd = [
        Event(time=0, name="spanwise.wait", attributes={"spanwise.wait.duration": each})  # type: ignore[dict-item]
        for each in told_oddly
    ]
    other = Event(time=0, name="cache.miss", attributes={"spanwise.wait.duration": 50 * MS})
    assert waits(subject([in_ms(1, 0, 0, 100, "shop/get", events=(*odd, other))])) == []
