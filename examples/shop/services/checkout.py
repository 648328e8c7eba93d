"""Turns a basket into an order: a FastAPI app whose routes run in threads, with orders in SQLite."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any

import httpx
import spanwise
from fastapi import FastAPI, HTTPException
from opentelemetry import propagate, trace
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from examples.shop.calls import BlockingNeighbour, CallFailed
from examples.shop.database import Database
from examples.shop.orderqueue import OrderQueue
from examples.shop.stage import Stage
from examples.shop.topology import Kind

log = logging.getLogger("shop.checkout")
tracer = trace.get_tracer("shop.checkout")


class TaxTableMissing(LookupError):
    """There is no tax table for the day of the order."""


class Base(DeclarativeBase):
    """Checkout's tables."""


class Order(Base):
    """An order that was paid."""

    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str]
    amount_cents: Mapped[int]
    placed_at: Mapped[float]


class Wanted(BaseModel):
    """Who wants to order what is in their basket, and the card they pay with."""

    customer: str
    card: str


def main(stage: Stage) -> None:
    """Run checkout."""
    spanwise.init("checkout")
    stage.serve_asgi(spanwise.ASGIMiddleware(create_app(Checkout(stage))))


def create_app(checkout: Checkout) -> FastAPI:
    """Checkout's one route."""
    app = FastAPI(title="checkout")

    @app.post("/orders")
    def order(wanted: Wanted) -> dict[str, Any]:
        try:
            return checkout.order(wanted)
        except CallFailed as error:
            log.error("order of %s not placed: %s", wanted.customer, error or type(error).__name__, exc_info=True)
            raise HTTPException(502, "the order could not be placed") from error

    return app


class Checkout:
    """Places orders, one step after the other."""

    def __init__(self, stage: Stage) -> None:
        self._faults = stage.faults
        self._cart, self._inventory, self._payments = (
            BlockingNeighbour(stage, name) for name in ("cart", "inventory", "payments")
        )
        self._database = Database(stage, "past_orders", lambda session: Base.metadata.create_all(session.connection()))
        self._queue = OrderQueue(stage.data)

    def order(self, wanted: Wanted) -> dict[str, Any]:
        """Place an order; raises `HTTPException` when it is refused, `CallFailed` when a neighbour fails."""
        number = f"ord-{uuid.uuid4().hex[:12]}"
        if self._faults.strikes(Kind.EARLY_RETURN):
            return {"order": number, "status": "accepted"}
        self._faults.burn_cpu()
        if self._faults.strikes(Kind.EXCEPTION):
            raise TaxTableMissing(f"no tax table for {time.strftime('%Y-%m')}, order {number}")
        lines = self._cart.call("GET", f"/carts/{wanted.customer}").json()["lines"]
        if not lines:
            log.warning("basket of %s is empty", wanted.customer, extra={"customer": wanted.customer})
            raise HTTPException(409, "the basket is empty")
        amount = sum(line["quantity"] * line["price_cents"] for line in lines)
        with self._database.session() as session:
            self._database.larger_than_before(session)
        self._reserve(number, lines)
        self._charge(number, amount, wanted)
        with self._database.session() as session:
            self._save(session, number, amount, wanted)
        self._publish(number, wanted.customer)
        self._cart.call("DELETE", f"/carts/{wanted.customer}")
        log.info("order placed", extra={"order": number, "amount_cents": amount, "lines": len(lines)})
        return {"order": number, "status": "accepted", "amount_cents": amount}

    def _reserve(self, number: str, lines: list[dict[str, Any]]) -> None:
        for batch in self._faults.batches(lines):
            answer = self._inventory.call("POST", "/reservations", json={"order": number, "lines": batch})
            _accept(answer, 409, "out of stock")

    @spanwise.trace("charge card")
    def _charge(self, number: str, amount: int, wanted: Wanted) -> None:
        answer = self._payments.call(
            "POST", "/charges", json={"order": number, "amount_cents": amount, "card": wanted.card}
        )
        _accept(answer, 402, "the card was declined")

    def _save(self, session: Session, number: str, amount: int, wanted: Wanted) -> None:
        session.add(Order(id=number, customer=wanted.customer, amount_cents=amount, placed_at=time.time()))
        session.commit()

    def _publish(self, number: str, customer: str) -> None:
        with tracer.start_as_current_span(
            "send orders",
            kind=trace.SpanKind.PRODUCER,
            attributes={"messaging.system": "sqlite", "messaging.destination.name": "orders"},
        ):
            headers: dict[str, str] = {}
            propagate.inject(headers)
            self._queue.put({"order": number, "customer": customer}, headers)


def _accept(answer: httpx.Response, status: int, reason: str) -> None:
    """Pass a neighbour's refusal on to the customer."""
    if answer.is_client_error:
        log.warning("order refused: %s", reason, extra={"status_code": answer.status_code})
        raise HTTPException(status, reason)
