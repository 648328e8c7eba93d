"""Messages that lie longer than usual between their sender and their receiver."""

from __future__ import annotations

from spanwise_collector.diagnose.trace_queued import queued_messages
from spanwise_collector.model.span import CONSUMER, PRODUCER, Span

from tests.collector.diagnose.counted import edge
from tests.collector.diagnose.subjects import in_ms, subject, told

USUAL = edge("shop/publish", "mailer/send", [5] * 40, [1] * 40)


def message(waited: float, kind: int = CONSUMER) -> list[Span]:
    sent = in_ms(2, 1, 10, 11, "shop/publish", kind=PRODUCER)
    return [
        in_ms(1, 0, 0, 20, "shop/order"),
        sent,
        in_ms(3, 2, 10 + waited, 30 + waited, "mailer/send", kind=kind),
    ]


def test_a_message_that_waited_long_points_at_its_receiver() -> None:
    found = queued_messages(subject(message(400), USUAL))
    assert told(found) == [("mailer", 0.92, "mailer took shop's message publish after 400 ms, where 5 ms is usual.")]
    assert [each.text for each in found[0].evidence] == ["sent", "taken 400 ms later"]


def test_a_wait_that_is_usual_or_short_is_no_finding() -> None:
    assert queued_messages(subject(message(5.2), USUAL)) == []
    slow = edge("shop/publish", "mailer/send", [380, 420] * 20, [1] * 40)
    assert queued_messages(subject(message(400), slow)) == []
    quick = edge("shop/publish", "mailer/send", [0.01] * 40, [1] * 40)
    assert queued_messages(subject(message(9), quick)) == []


def test_little_history_and_calls_that_are_answered_are_left_to_others() -> None:
    assert queued_messages(subject(message(400), edge("shop/publish", "mailer/send", [5] * 29, [1] * 29))) == []
    assert queued_messages(subject(message(400, kind=2), USUAL)) == []


def test_of_several_messages_between_the_same_two_the_longest_wait_tells() -> None:
    late = in_ms(4, 2, 210, 220, "mailer/send", kind=CONSUMER)
    (found,) = queued_messages(subject([*message(400), late], USUAL))
    assert found.claim == "mailer took shop's message publish after 400 ms and 1 more late, where 5 ms is usual."
