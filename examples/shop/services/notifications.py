"""Tells customers of their orders: a worker that takes them from the queue, with SQLite behind SQLAlchemy."""

from __future__ import annotations

import logging
import time
from contextlib import suppress

import spanwise
from opentelemetry import propagate, trace
from sqlalchemy import insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from examples.shop.database import Database
from examples.shop.orderqueue import Message, OrderQueue
from examples.shop.stage import Stage
from examples.shop.topology import Kind

log = logging.getLogger("shop.notifications")
tracer = trace.get_tracer("shop.notifications")

IDLE_SECONDS = 0.05
PARTS = ["subject", "greeting", "body", "delivery", "returns", "footer"]


class AddressRejected(RuntimeError):
    """The mail server does not take the address."""


class Base(DeclarativeBase):
    """The tables of notifications."""


class Part(Base):
    """A piece of the text of a mail."""

    __tablename__ = "mail_parts"
    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class Mail(Base):
    """A mail that was sent."""

    __tablename__ = "mails"
    id: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[str]
    text: Mapped[str]


def main(stage: Stage) -> None:
    """Run the worker."""
    spanwise.init("notifications")
    worker = Worker(stage)
    stage.work(worker.step)


class Worker:
    """Sends one mail for each order in the queue."""

    def __init__(self, stage: Stage) -> None:
        self._faults = stage.faults
        self._database = Database(stage, "letters", fill)
        self._queue = OrderQueue(stage.data)

    def step(self) -> None:
        """Work off the next message, or wait a moment when there is none."""
        message = self._queue.take()
        if message is None:
            time.sleep(IDLE_SECONDS)
            return
        delay = self._faults.delay_from("checkout")
        time.sleep(delay)
        # One bad message must not stop the worker, nor come back for ever; it is in the log and on its span.
        with suppress(Exception):
            self._process(message)
        time.sleep(delay)
        self._queue.done(message)

    def _process(self, message: Message) -> None:
        with tracer.start_as_current_span(
            "process orders",
            context=propagate.extract(message.headers),
            kind=trace.SpanKind.CONSUMER,
            attributes={"messaging.system": "sqlite", "messaging.destination.name": "orders"},
        ):
            if self._faults.strikes(Kind.EARLY_RETURN):
                return
            self._faults.burn_cpu()
            try:
                self._send(message.body["order"], message.body["customer"])
            except Exception:
                log.exception("order %s: no mail sent", message.body["order"], extra=message.body)
                raise
            log.info("mail sent", extra=message.body)

    def _send(self, order: str, customer: str) -> None:
        if self._faults.strikes(Kind.EXCEPTION):
            raise AddressRejected(f"550 no such mailbox: {customer}@example.org")
        with self._database.session() as session:
            self._database.larger_than_before(session)
            session.add(Mail(order=order, text=" ".join(self._parts(session))))
            session.commit()

    def _parts(self, session: Session) -> list[str]:
        return [
            part
            for batch in self._faults.batches(PARTS)
            for part in session.scalars(select(Part.text).where(Part.name.in_(batch)))
        ]


def fill(session: Session) -> None:
    """Write the parts of the mail where they are not there yet."""
    Base.metadata.create_all(session.connection())
    parts = [{"name": name, "text": f"the {name} of the mail"} for name in PARTS]
    session.execute(insert(Part).prefix_with("OR IGNORE"), parts)
