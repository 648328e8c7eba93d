"""Where failures begin."""

from __future__ import annotations

from typing import Any

import pytest
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


@pytest.mark.parametrize(
    ("told_by", "sign"),
    [
        ({"http.response.status_code": 503}, "HTTP status 503"),
        ({"http.status_code": "500"}, "HTTP status 500"),
        ({"rpc.grpc.status_code": 14}, "gRPC status 14"),
        ({"error": True}, "error = true"),
        ({"error": "true"}, "error = true"),
    ],
)
def test_where_nobody_sets_a_status_the_answer_tells(told_by: dict[str, Any], sign: str) -> None:
    spans = [
        in_ms(1, 0, 0, 9, "shop/page", attributes=told_by),
        in_ms(2, 1, 1, 8, "pay/charge", attributes=told_by),
    ]
    (found,) = errors_at_origin(subject(spans))
    assert found.claim == f"charge of pay failed ({sign}), passed on by shop."
    assert found.against == (f"No status says so, but {sign}.",)


@pytest.mark.parametrize(
    "fields",
    [
        {"attributes": {"http.response.status_code": 404}},
        {"attributes": {"http.response.status_code": 503}, "status_code": 1},
        {"attributes": {"http.status_code": "5000"}},
        {"attributes": {"http.status_code": "²²²"}},
        {"attributes": {"rpc.grpc.status_code": 5}},
        {"attributes": {"error": "false"}},
        {"attributes": {"error": False}},
        {"events": (RAISED,)},
    ],
)
def test_an_answer_that_blames_the_caller_and_a_status_that_is_ok_are_no_failures(fields: dict[str, Any]) -> None:
    assert errors_at_origin(subject([in_ms(1, 0, 0, 9, "shop/page", **fields)])) == []
