"""Someone who buys two things in the shop."""

from __future__ import annotations

import time
from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Customer:
    """Sends requests to the gateway."""

    client: httpx.Client

    def fill_basket(self) -> None:
        """Put two products into the basket."""
        for sku in ("SW-001", "SW-002"):
            answer = self.client.post("/api/carts/ada/items", json={"sku": sku, "quantity": 1})
            assert answer.status_code == 201, answer.text

    def order(self) -> int:
        """Order what is in the basket, and return when the order was sent, in nanoseconds since the epoch."""
        sent = time.time_ns()
        self.client.post("/api/orders", json={"customer": "ada", "card": "4000 0000 0000 0001"})
        return sent
