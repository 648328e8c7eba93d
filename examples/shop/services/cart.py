"""The baskets: a plain ASGI app that keeps them in memory and asks the catalog for prices."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import MutableMapping
from typing import Any

import spanwise

from examples.shop.calls import AsyncNeighbour, CallFailed
from examples.shop.edge import Receive, Send
from examples.shop.stage import Stage
from examples.shop.topology import Kind

log = logging.getLogger("shop.cart")

Basket = dict[str, int]
Answer = tuple[int, dict[str, Any]]


class BasketCorrupt(ValueError):
    """A basket holds something that cannot be."""


def main(stage: Stage) -> None:
    """Run the cart."""
    spanwise.init("cart")
    stage.serve_asgi(spanwise.ASGIMiddleware(Cart(stage)))


class Cart:
    """Answers POST /carts/CUSTOMER/items, GET and DELETE /carts/CUSTOMER."""

    def __init__(self, stage: Stage) -> None:
        self._faults = stage.faults
        self._catalog = AsyncNeighbour(stage, "catalog")
        self._baskets: defaultdict[str, Basket] = defaultdict(dict)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Speak ASGI: read the body, find the answer, send it as JSON."""
        scope["path_template"] = f"/carts/{{customer}}{'/items' if scope['method'] == 'POST' else ''}"
        customer = scope["path"].split("/")[2]
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, answer = await self._answer(scope["method"], customer, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    async def _answer(self, method: str, customer: str, body: bytes) -> Answer:
        if self._faults.strikes(Kind.EARLY_RETURN):
            return 200, {"customer": customer, "lines": []}
        self._faults.burn_cpu()
        if self._faults.strikes(Kind.EXCEPTION):
            raise BasketCorrupt(f"basket of {customer} holds -1 of SW-000")
        if method == "POST":
            return self._add(customer, json.loads(body))
        if method == "DELETE":
            self._baskets.pop(customer, None)
            return 200, {"customer": customer, "lines": []}
        return await self._priced(customer)

    def _add(self, customer: str, wanted: dict[str, Any]) -> Answer:
        basket = self._baskets[customer]
        basket[wanted["sku"]] = basket.get(wanted["sku"], 0) + wanted["quantity"]
        log.info("item added", extra={"customer": customer, "sku": wanted["sku"], "quantity": wanted["quantity"]})
        return 201, {"customer": customer, "lines": len(basket)}

    async def _priced(self, customer: str) -> Answer:
        basket = self._baskets.get(customer, {})
        try:
            prices = await self._prices(list(basket)) if basket else {}
        except CallFailed as error:
            log.error("no prices for basket of %s: %s", customer, error or type(error).__name__, exc_info=True)
            return 502, {"error": "catalog is not available"}
        lines = [
            {"sku": sku, "quantity": quantity, "price_cents": prices[sku]}
            for sku, quantity in basket.items()
            if sku in prices
        ]
        log.info("basket priced", extra={"customer": customer, "lines": len(lines)})
        return 200, {"customer": customer, "lines": lines}

    async def _prices(self, skus: list[str]) -> dict[str, int]:
        prices: dict[str, int] = {}
        for batch in self._faults.batches(skus):
            prices |= (await self._catalog.call("GET", "/prices", params={"sku": ",".join(batch)})).json()
        return prices
