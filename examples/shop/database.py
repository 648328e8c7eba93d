"""A service's SQLite file behind SQLAlchemy.

Every service with a database also has a year of history in one table, and asks it how the last day compares
with the year. That is cheap for one day; the same statement over a longer time reads rows by the million.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import spanwise
from sqlalchemy import (
    Column,
    Connection,
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
from sqlalchemy.orm import Session

from examples.shop.stage import Stage
from examples.shop.topology import Kind

POOL_SIZE = 4
POOL_SECONDS = 2.0
KEPT_SECONDS = 4.0
YEAR = 365
ROWS_OF_HISTORY = 4000


class Database:
    """The service's engine, its sessions and its table of history."""

    def __init__(self, stage: Stage, history: str, fill: Callable[[Session], None]) -> None:
        """Open the file and let `fill` create and fill the service's own tables; it may find them filled."""
        self._faults = stage.faults
        self._kept: list[Connection] = []
        self._keeping = threading.Lock()
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
        with spanwise.span("fill database"), Session(self.engine) as session, session.begin():
            self._fill_history(session, stage.seed)
            fill(session)

    def session(self) -> Session:
        """A session on a connection of the pool; waits for one, at most `POOL_SECONDS`."""
        seconds = self._faults.level(Kind.POOL_EXHAUSTED) * KEPT_SECONDS
        if seconds:
            self._keep_all(seconds)
        elif self._kept:
            self._give_back()
        return Session(self.engine)

    def larger_than_before(self, session: Session) -> int:
        """How often something of late was larger than something of the year before it."""
        days = 1 + round(self._faults.level(Kind.SLOW_QUERY) * (YEAR - 1))
        late, early = self._history.alias("late"), self._history.alias("early")
        larger = and_(early.c.amount < late.c.amount, early.c.day < late.c.day)
        count = select(func.count()).select_from(late.join(early, larger)).where(late.c.day > YEAR - days)
        return session.execute(count).scalar_one()

    def _keep_all(self, seconds: float) -> None:
        """Take every connection of the pool and forget to give it back for a while."""
        with self._keeping:
            if self._kept:
                return
            timer = threading.Timer(seconds, self._give_back)
            timer.daemon = True
            timer.start()
            for _ in range(POOL_SIZE):
                self._kept.append(self.engine.connect())

    def _give_back(self) -> None:
        with self._keeping:
            while self._kept:
                self._kept.pop().close()

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
