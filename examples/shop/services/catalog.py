"""What there is to buy: a Flask app with products and reviews in SQLite, behind SQLAlchemy."""

from __future__ import annotations

import logging
import random
from typing import Any

import spanwise
from flask import Flask, Response, abort, jsonify, request
from sqlalchemy import ForeignKey, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from examples.shop.calls import CallFailed, RequestsNeighbour
from examples.shop.database import Database
from examples.shop.stage import Stage
from examples.shop.topology import Kind

log = logging.getLogger("shop.catalog")

NAMES = (
    *("Oak desk", "Walnut shelf", "Steel lamp", "Wool rug", "Linen curtain", "Clay vase", "Pine stool"),
    *("Glass jug", "Copper pan", "Cork board", "Felt basket", "Ash bench", "Brass hook", "Stone bowl"),
    *("Paper shade", "Cotton throw", "Birch tray", "Iron hinge", "Rattan chair", "Tin box"),
)
SKUS = tuple(f"SW-{number:03}" for number in range(1, len(NAMES) + 1))


class PriceFormatError(ValueError):
    """A price in the catalog cannot be read."""


class Base(DeclarativeBase):
    """The catalog's tables."""


class Product(Base):
    """Something that can be bought."""

    __tablename__ = "products"
    sku: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_cents: Mapped[int]


class Review(Base):
    """What a customer said of a product."""

    __tablename__ = "reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), index=True)
    stars: Mapped[int]


def main(stage: Stage) -> None:
    """Run the catalog."""
    spanwise.init("catalog")
    stage.serve_wsgi(spanwise.WSGIMiddleware(create_app(stage)))


def create_app(stage: Stage) -> Flask:
    """The catalog's routes."""
    catalog = Catalog(stage)
    app = Flask("catalog")
    app.add_url_rule("/products", view_func=catalog.products)
    app.add_url_rule("/products/<sku>", view_func=catalog.product)
    app.add_url_rule("/prices", view_func=catalog.prices)
    return app


class Catalog:
    """Answers from the database, and asks inventory how many are left of one product."""

    def __init__(self, stage: Stage) -> None:
        self._faults = stage.faults
        self._database = Database(stage, "prices_paid", lambda session: fill(session, stage.seed))
        self._inventory = RequestsNeighbour(stage, "inventory")

    def products(self) -> Response:
        """All products with their stars."""
        if self._faults.strikes(Kind.EARLY_RETURN):
            return jsonify([])
        self._begin()
        with self._database.session() as session:
            listed = session.scalars(select(Product).order_by(Product.sku)).all()
            stars = self._stars(session, [product.sku for product in listed])
            trend = self._database.larger_than_before(session)
            answer = [_shown(product, stars) for product in listed]
        log.info("listed %d products", len(answer), extra={"count": len(answer), "trend": trend})
        return jsonify(answer)

    def product(self, sku: str) -> Response:
        """One product, with how many are left."""
        if self._faults.strikes(Kind.EARLY_RETURN):
            return jsonify({"sku": sku})
        self._begin()
        with self._database.session() as session:
            found = session.get(Product, sku)
            if found is None:
                log.warning("no product %s", sku, extra={"sku": sku})
                abort(404, f"no product {sku}")
            self._database.larger_than_before(session)
            answer = _shown(found, self._stars(session, [sku]))
        return jsonify(answer | {"left": _left(self._inventory, sku)})

    def prices(self) -> Response:
        """The prices of the products that the query names."""
        if self._faults.strikes(Kind.EARLY_RETURN):
            return jsonify({})
        self._begin()
        skus = request.args["sku"].split(",")
        with self._database.session() as session:
            rows = session.execute(select(Product.sku, Product.price_cents).where(Product.sku.in_(skus))).all()
            self._database.larger_than_before(session)
        return jsonify({sku: cents for sku, cents in rows})

    def _begin(self) -> None:
        self._faults.burn_cpu()
        if self._faults.strikes(Kind.EXCEPTION):
            raise PriceFormatError("could not read price '12,9O' of the spring price list")

    def _stars(self, session: Session, skus: list[str]) -> dict[str, float]:
        """The mean of each product's stars."""
        means = select(Review.sku, func.avg(Review.stars)).group_by(Review.sku)
        return {
            sku: mean
            for batch in self._faults.batches(skus)
            for sku, mean in session.execute(means.where(Review.sku.in_(batch)))
        }


def fill(session: Session, seed: int) -> None:
    """Create the products and their reviews where they are not there yet."""
    Base.metadata.create_all(session.connection())
    chance = random.Random(seed)
    products = [
        {"sku": sku, "name": name, "price_cents": chance.randrange(490, 24_900, 10)}
        for sku, name in zip(SKUS, NAMES, strict=True)
    ]
    reviews = [{"id": number, "sku": chance.choice(SKUS), "stars": chance.randint(1, 5)} for number in range(400)]
    session.execute(insert(Product).prefix_with("OR IGNORE"), products)
    session.execute(insert(Review).prefix_with("OR IGNORE"), reviews)


def _shown(product: Product, stars: dict[str, float]) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "price_cents": product.price_cents,
        "stars": round(stars.get(product.sku, 0.0), 1),
    }


def _left(inventory: RequestsNeighbour, sku: str) -> int | None:
    """How many are left, or None when inventory does not say: the page is of use without it."""
    try:
        left: int = inventory.call("GET", f"/stock/{sku}").json()["left"]
    except CallFailed:
        log.warning("stock of %s unknown", sku, extra={"sku": sku}, exc_info=True)
        return None
    return left
