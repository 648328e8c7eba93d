"""The shop, traced: an order is one trace over all services, and what goes wrong shows where it went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from examples.shop.faults import Fault
from examples.shop.shop import Shop
from examples.shop.topology import SERVICES, Kind
from tests.e2e.customer import Customer
from tests.e2e.running import Collector, Trace, eventually

ORDER = ("gateway", "POST /api/orders")

EXPECTED_TREE = """\
gateway: POST /api/orders (server)
  gateway: POST (client)
    checkout: POST /orders (server)
      checkout: GET (client)
        cart: GET /carts/{customer} (server)
          cart: GET (client)
            catalog: GET /prices (server)
              catalog: SELECT products (client)
              catalog: SELECT prices_paid (client)
      checkout: SELECT past_orders (client)
      checkout: POST (client)
        inventory: POST /reservations (server)
          inventory: SELECT movements (client)
          inventory: SELECT stock (client)
          inventory: UPDATE stock (client)
          inventory: UPDATE stock (client)
      checkout: charge card (internal)
        checkout: POST (client)
          payments: POST /charges (server)
            payments: POST (client)
              fraud: POST /checks (server)
                fraud: score (internal)
      checkout: INSERT orders (client)
      checkout: send orders (producer)
        notifications: process orders (consumer)
          notifications: SELECT letters (client)
          notifications: SELECT mail_parts (client)
          notifications: INSERT mails (client)
      checkout: DELETE (client)
        cart: DELETE /carts/{customer} (server)
""".splitlines()

EXPECTED_LOGS = [
    "cart: GET /carts/{customer}: basket priced",
    "checkout: POST /orders: order placed",
    "fraud: POST /checks: charge judged clear",
    "gateway: POST /api/orders: order answered",
    "gateway: POST /api/orders: order received",
    "inventory: POST /reservations: reserved",
    "notifications: process orders: mail sent",
    "payments: POST /charges: card charged",
]


def test_an_order_is_one_trace_over_all_services_with_its_logs_at_the_right_spans(
    collector: Collector, customer: Customer
) -> None:
    customer.fill_basket()
    sent = customer.order()
    # Records come apart from spans, and later.
    trace = _arrived(collector, sent, lambda each: (each.drawn(), each.logged()) == (EXPECTED_TREE, EXPECTED_LOGS))
    assert trace.services() == set(SERVICES)
    assert trace.answer["missing_parents"] == 0


# What would tell a diagnosis the answer. Exceptions are called so in OpenTelemetry; to stop and kill is said of much.
GIVEN_AWAY = re.compile(
    "|".join([r"\bfault", "inject", *({*Kind} - {Kind.EXCEPTION, Kind.STOP, Kind.KILL})]), re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, and something that it changes in the trace of an order."""

    service: str
    kind: Kind
    look: Callable[[Trace], Any]
    expected: Any
    level: float = 1.0


CASES = [
    Case("catalog", Kind.SLOW_QUERY, Trace.slowest, "catalog: SELECT prices_paid"),
    Case("inventory", Kind.EXCEPTION, Trace.first_error, "inventory: POST /reservations"),
    Case("payments", Kind.EARLY_RETURN, Trace.services, set(SERVICES) - {"fraud"}),
    Case("cart", Kind.CPU_BURN, Trace.busiest, "cart"),
    Case("checkout", Kind.NETWORK_DELAY, Trace.slowest, "gateway: POST"),
    Case("checkout", Kind.RETRY_STORM, lambda trace: trace.counted("payments", "POST /charges"), 5, level=0.44),
    Case("inventory", Kind.N_PLUS_ONE, lambda trace: trace.counted("inventory", "SELECT stock"), 2),
    Case("inventory", Kind.POOL_EXHAUSTED, Trace.slowest, "inventory: POST /reservations", level=0.2),
    Case("inventory", Kind.STOP, Trace.services, {"gateway", "checkout", "cart", "catalog"}),
    Case("fraud", Kind.KILL, Trace.first_error, "payments: POST"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.service}-{case.kind}")
def test_a_fault_shows_in_the_trace_where_it_was_switched_on(
    collector: Collector, shop: Shop, customer: Customer, case: Case
) -> None:
    customer.fill_basket()
    shop.nodes[case.service].switch_on(Fault(case.kind, case.level), seconds=None)
    sent = customer.order()
    trace = _arrived(collector, sent, lambda each: case.look(each) == case.expected)
    assert case.look(trace) == case.expected
    assert GIVEN_AWAY.findall(json.dumps([trace.answer, trace.logs])) == []


def _arrived(collector: Collector, sent: int, complete: Callable[[Trace], bool]) -> Trace:
    trace = eventually(
        lambda: collector.newest_trace(*ORDER, since=sent), lambda each: each is not None and complete(each)
    )
    assert trace is not None
    return trace
