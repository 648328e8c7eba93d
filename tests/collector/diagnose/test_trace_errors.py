"""Where failures begin."""

from __future__ import annotations

from spanwise_collector.diagnose.trace_errors import errors_at_origin
from spanwise_collector.model.span import ERROR, Event

from tests.collector.diagnose.subjects import in_ms, subject, told

RAISED = Event(5, "exception", {"exception.type": "Declined", "exception.message": "no funds"})


def test_the_origin_is_told_apart_from_those_that_passed_it_on() -> None:
    spans = [
        in_ms(1, 0, 0, 9, "shop/page", status_code=ERROR),
        in_ms(2, 1, 1, 8, "cart/order", status_code=ERROR),
        in_ms(3, 2, 2, 7, "pay/charge", status_code=ERROR, events=(RAISED,)),
    ]
    found = errors_at_origin(subject(spans))
    assert told(found) == [
        ("pay", 1.0, "charge of pay failed (Declined: no funds), passed on by cart, shop."),
    ]
    assert found[0].against == ()


def test_a_failure_that_was_swallowed_says_so() -> None:
    spans = [in_ms(1, 0, 0, 9, "shop/page"), in_ms(2, 1, 1, 8, "ads/get", status_code=ERROR, status_message="empty")]
    (found,) = errors_at_origin(subject(spans))
    assert found.claim == "get of ads failed (empty)."
    assert found.against == ("The failure was swallowed: the request itself did not fail.",)


def test_failures_of_one_operation_are_one_finding_and_share_the_failures_with_others() -> None:
    calls = [in_ms(n, 1, n, n + 1, "db/find", status_code=ERROR) for n in (2, 3, 4)]
    spans = [in_ms(1, 0, 0, 20, "shop/page"), *calls, in_ms(5, 1, 7, 8, "mail/send", status_code=ERROR)]
    assert told(errors_at_origin(subject(spans))) == [
        ("db", 0.75, "find of db failed 3 times."),
        ("mail", 0.25, "send of mail failed."),
    ]


def test_a_trace_without_errors_has_none() -> None:
    assert errors_at_origin(subject([in_ms(1, 0, 0, 9, "shop/page")])) == []


def test_an_exception_that_was_handled_and_an_error_in_a_record_only_are_no_failures() -> None:
    handled = in_ms(2, 1, 1, 8, "pay/charge", events=(RAISED,), attributes={"error.type": "Declined"})
    assert errors_at_origin(subject([in_ms(1, 0, 0, 9, "shop/page"), handled])) == []
