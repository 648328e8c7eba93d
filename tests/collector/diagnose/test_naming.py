"""Whom a text names."""

from __future__ import annotations

import pytest
from spanwise_collector.diagnose.naming import Names

NAMES = Names({"payment-service", "cart", "svc-inventory", "db", "order-api", "cart-db", "Ledger"})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("call of payment-service failed", "payment-service"),
        ("no answer from http://payment:8080/charge", "payment-service"),
        ("io.shop.PaymentClient: refused", "payment-service"),
        ("inventory is unreachable", "svc-inventory"),
        ("cart-db gave up", "cart-db"),
        ("LEDGER timed out after 3 s", "Ledger"),
        ("cannot reach the shopping_cart", None),
        ("carts are empty", None),
        ("db error", None),
        ("order 7 failed", "order-api"),
        ("something failed", None),
        ("", None),
    ],
)
def test_names_are_found_in_messages_hosts_and_classes(text: str, named: str | None) -> None:
    assert NAMES.named(text, besides="edge") == named


def test_who_speaks_is_not_named_by_itself() -> None:
    assert NAMES.named("cart failed because of payment", besides="cart") == "payment-service"
    assert Names(()).named("anything", besides="") is None
