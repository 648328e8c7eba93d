"""How many there are of each product: a FastAPI app with SQLite behind SQLAlchemy."""

from __future__ import annotations

import logging
from typing import Any

import spanwise
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from examples.shop.database import Database
from examples.shop.services.catalog import SKUS
from examples.shop.stage import Stage
from examples.shop.topology import Kind

log = logging.getLogger("shop.inventory")

FULL_SHELF = 1_000_000


class StockMismatch(RuntimeError):
    """The shelf and the books do not agree."""


class Base(DeclarativeBase):
    """Inventory's tables."""


class Stock(Base):
    """How many of a product are left."""

    __tablename__ = "stock"
    sku: Mapped[str] = mapped_column(primary_key=True)
    left: Mapped[int]


class Line(BaseModel):
    """So many of one product."""

    sku: str
    quantity: int


class Reservation(BaseModel):
    """What an order needs."""

    order: str
    lines: list[Line]


def main(stage: Stage) -> None:
    """Run inventory."""
    spanwise.init("inventory")
    stage.serve_asgi(spanwise.ASGIMiddleware(create_app(stage)))


def create_app(stage: Stage) -> FastAPI:
    """Inventory's routes."""
    app = FastAPI(title="inventory")
    faults = stage.faults
    database = Database(stage, "movements", fill)

    def begin() -> None:
        faults.burn_cpu()
        if faults.strikes(Kind.EXCEPTION):
            raise StockMismatch("shelf 14 counts 3 of SW-011, the books say 5")

    @app.get("/stock/{sku}")
    def stock(sku: str) -> dict[str, Any]:
        if faults.strikes(Kind.EARLY_RETURN):
            return {"sku": sku, "left": 0}
        begin()
        with database.session() as session:
            database.larger_than_before(session)
            left = _left(session, [[sku]]).get(sku, 0)
        return {"sku": sku, "left": left}

    @app.post("/reservations")
    def reserve(wanted: Reservation) -> dict[str, Any]:
        if faults.strikes(Kind.EARLY_RETURN):
            return {"order": wanted.order, "reserved": 0}
        begin()
        skus = [line.sku for line in wanted.lines]
        with database.session() as session:
            database.larger_than_before(session)
            left = _left(session, faults.batches(skus))
            for line in wanted.lines:
                if left.get(line.sku, 0) < line.quantity:
                    log.warning("too few of %s", line.sku, extra={"sku": line.sku, "order": wanted.order})
                    raise HTTPException(409, f"too few of {line.sku}")
            _take(session, wanted.lines)
            session.commit()
        log.info("reserved", extra={"order": wanted.order, "lines": len(skus)})
        return {"order": wanted.order, "reserved": len(skus)}

    return app


def fill(session: Session) -> None:
    """Create the stock where it is not there yet."""
    Base.metadata.create_all(session.connection())
    shelves = [{"sku": sku, "left": FULL_SHELF} for sku in SKUS]
    session.execute(insert(Stock).prefix_with("OR IGNORE"), shelves)


def _left(session: Session, batches: list[list[str]]) -> dict[str, int]:
    return {
        sku: left
        for batch in batches
        for sku, left in session.execute(select(Stock.sku, Stock.left).where(Stock.sku.in_(batch)))
    }


def _take(session: Session, lines: list[Line]) -> None:
    for line in lines:
        session.execute(update(Stock).where(Stock.sku == line.sku).values(left=Stock.left - line.quantity))
