"""A service's SQLite file behind SQLAlchemy, with a span for each statement.

Every service with a database also has a year of history in one table, and asks it how the last day compares
with the year. That is cheap for one day; the same statement over a longer time reads rows by the million.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    and_,
    create_engine,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session

from examples.shop.stage import Stage
from examples.shop.topology import Kind

POOL_SIZE = 4
POOL_SECONDS = 2.0
KEPT_SECONDS = 5.0
YEAR = 365
ROWS_OF_HISTORY = 4000

tracer = trace.get_tracer("shop.database")


class Database:
    """The service's engine, its sessions and its table of history."""

    def __init__(self, stage: Stage, history: str, fill: Callable[[Session], None]) -> None:
        """Open the file and let `fill` create and fill the service's own tables; it may find them filled."""
        self._faults = stage.faults
        self._history = Table(
            history,
            MetaData(),
            Column("id", Integer, primary_key=True),
            Column("day", Integer),
            Column("amount", Integer),
        )
        stage.data.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(
            f"sqlite:///{stage.data / stage.service}.db",
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            connect_args={"timeout": 5.0},
        )
        event.listen(self.engine, "connect", _prepare)
        with Session(self.engine) as session, session.begin():
            self._fill_history(session, stage.seed)
            fill(session)
        _trace_statements(self.engine)

    def session(self) -> Session:
        """A session on a connection of the pool; waits for one, at most `POOL_SECONDS`."""
        seconds = self._faults.level(Kind.POOL_EXHAUSTED) * KEPT_SECONDS
        if seconds:
            self._keep(self.engine.connect(), seconds)
        return Session(self.engine)

    def larger_than_before(self, session: Session) -> int:
        """How often something of late was larger than something of the year before it."""
        days = 1 + round(self._faults.level(Kind.SLOW_QUERY) * (YEAR - 1))
        late, early = self._history.alias("late"), self._history.alias("early")
        larger = and_(early.c.amount < late.c.amount, early.c.day < late.c.day)
        count = select(func.count()).select_from(late.join(early, larger)).where(late.c.day > YEAR - days)
        return session.execute(count).scalar_one()

    def _keep(self, connection: Connection, seconds: float) -> None:
        """Forget to give a connection back, until the garbage collector would have found it."""
        timer = threading.Timer(seconds, connection.close)
        timer.daemon = True
        timer.start()

    def _fill_history(self, session: Session, seed: int) -> None:
        chance = random.Random(f"{seed}/{self._history.name}")
        rows = [
            {
                "id": number,
                "day": 1 + number * YEAR // ROWS_OF_HISTORY,
                "amount": chance.randrange(100, 20_000),
            }
            for number in range(ROWS_OF_HISTORY)
        ]
        self._history.create(session.connection(), checkfirst=True)
        session.execute(insert(self._history).prefix_with("OR IGNORE"), rows)


def _prepare(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # SQLite would build an index for a large join on the fly and so hide what the statement costs.
    connection.execute("PRAGMA automatic_index = OFF")


def _trace_statements(engine: Engine) -> None:
    def start(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        span = tracer.start_span(
            _summary(statement),
            kind=trace.SpanKind.CLIENT,
            attributes={"db.system.name": "sqlite", "db.query.text": statement},
        )
        connection.info.setdefault("spans", []).append(span)

    def finish(connection: Connection, *_rest: object) -> None:
        connection.info["spans"].pop().end()

    def fail(context: ExceptionContext) -> None:
        if context.connection is not None and context.connection.info.get("spans"):
            span = context.connection.info["spans"].pop()
            span.record_exception(context.original_exception)
            span.set_status(trace.StatusCode.ERROR, str(context.original_exception))
            span.end()

    event.listen(engine, "before_cursor_execute", start)
    event.listen(engine, "after_cursor_execute", finish)
    event.listen(engine, "handle_error", fail)


def _summary(statement: str) -> str:
    """The verb and the first table: `SELECT products`."""
    table = re.search(r"\b(?:FROM|INTO|UPDATE)\s+(\w+)", statement)
    verb = statement.split(maxsplit=1)[0].upper()
    return f"{verb} {table[1]}" if table else verb
