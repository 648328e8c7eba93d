"""The one map from domain errors to the wire."""

from __future__ import annotations

import pytest
from spanwise_collector import errors
from spanwise_collector.errors import Refused, excerpt, wire_code
from spanwise_collector.receive.status import retry_seconds, status


def kinds(base: type[Refused] = Refused) -> list[type[Refused]]:
    return [base, *(kind for child in base.__subclasses__() for kind in kinds(child))]


def made(kind: type[Refused]) -> Refused:
    if kind in (errors.InvalidParameter, errors.MethodNotAllowed):
        return kind("a", "b")
    if kind is errors.InvalidQuery:
        return errors.InvalidQuery("a", column=1)
    if kind is errors.QueryLimit:
        return errors.QueryLimit("a", "b")
    return kind("a")


@pytest.mark.parametrize("kind", kinds())
def test_only_what_may_be_retried_carries_a_delay(kind: type[Refused]) -> None:
    refusal = made(kind)
    code = wire_code(refusal)
    assert code.retryable == (code.http in (429, 503))
    assert (retry_seconds(refusal) is not None) == code.retryable == bool(status(refusal).details)


def test_no_refusal_is_a_server_error_that_makes_a_client_drop_its_data() -> None:
    assert {wire_code(made(kind)).http for kind in kinds()} & {500, 501, 502, 504} == set()


def test_every_refusal_has_a_reason_of_its_own() -> None:
    reasons = [kind.reason for kind in kinds()]
    assert len(reasons) == len(set(reasons))


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain", "plain"),
        ("a\r\n\x1b[2J", "a\\r\\n\\x1b[2J"),
        (b"caf\xe9", "caf\\xe9"),
        ("x" * 300, "x" * 199 + "…"),
        ("\x00" * 300, "\\x00" * 49 + "\\x0…"),
        ("\u202eabc", "\\u202eabc"),
    ],
)
def test_an_excerpt_is_short_and_printable(foreign: str | bytes, shown: str) -> None:
    assert excerpt(foreign) == shown
