"""The way in: a FastAPI app that passes each request on to the services behind it."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import spanwise
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from examples.shop.calls import AsyncNeighbour, CallFailed
from examples.shop.stage import Stage
from examples.shop.topology import Kind

log = logging.getLogger("shop.gateway")


class UnknownCurrency(LookupError):
    """A price came in a currency that there is no sign for."""


def main(stage: Stage) -> None:
    """Run the gateway."""
    spanwise.init("gateway")
    stage.serve_asgi(spanwise.ASGIMiddleware(create_app(stage)))


def create_app(stage: Stage) -> FastAPI:
    """The gateway's routes."""
    gateway = Gateway(stage)
    app = FastAPI(title="gateway")
    app.add_api_route("/api/products", gateway.products)
    app.add_api_route("/api/products/{sku}", gateway.product)
    app.add_api_route("/api/carts/{customer}/items", gateway.add_item, methods=["POST"])
    app.add_api_route("/api/orders", gateway.order, methods=["POST"])
    return app


class Gateway:
    """Answers with what the services behind say; 502 when one of them does not."""

    def __init__(self, stage: Stage) -> None:
        self._faults = stage.faults
        self._catalog, self._cart, self._checkout = (
            AsyncNeighbour(stage, name) for name in ("catalog", "cart", "checkout")
        )

    async def products(self, request: Request) -> Any:
        """All products."""
        if self._faults.strikes(Kind.EARLY_RETURN):
            return []
        self._begin(request)
        listed = (await _ask(self._catalog, "GET", "/products")).json()
        for product in self._faults.singles(listed):
            product.update((await _ask(self._catalog, "GET", f"/products/{product['sku']}")).json())
        log.info("listed products", extra={"count": len(listed)})
        return listed

    async def product(self, sku: str, request: Request) -> Any:
        """One product, with how many are left."""
        if self._faults.strikes(Kind.EARLY_RETURN):
            return {"sku": sku}
        self._begin(request)
        return _passed_on(await _ask(self._catalog, "GET", f"/products/{sku}"))

    async def add_item(self, customer: str, request: Request) -> Any:
        """Put something into a basket."""
        if self._faults.strikes(Kind.EARLY_RETURN):
            return {"customer": customer, "lines": 0}
        self._begin(request)
        return _passed_on(await _ask(self._cart, "POST", f"/carts/{customer}/items", json=await request.json()))

    async def order(self, request: Request) -> Any:
        """Order what is in the basket."""
        if self._faults.strikes(Kind.EARLY_RETURN):
            return {"status": "accepted"}
        self._begin(request)
        wanted = await request.json()
        log.info("order received", extra={"customer": wanted["customer"]})
        answer = await _ask(self._checkout, "POST", "/orders", json=wanted)
        log.info("order answered", extra={"customer": wanted["customer"], "status_code": answer.status_code})
        return _passed_on(answer)

    def _begin(self, request: Request) -> None:
        self._faults.burn_cpu()
        if self._faults.strikes(Kind.EXCEPTION):
            raise UnknownCurrency(f"no sign for currency 'EUX' in answer to {request.url.path}")


async def _ask(neighbour: AsyncNeighbour, method: str, path: str, **options: Any) -> httpx.Response:
    try:
        return await neighbour.call(method, path, **options)
    except CallFailed as error:
        log.error("%s did not answer: %s", neighbour.name, error or type(error).__name__, exc_info=True)
        raise HTTPException(502, f"{neighbour.name} is not available") from error


def _passed_on(answer: httpx.Response) -> JSONResponse:
    return JSONResponse(answer.json(), answer.status_code)
