"""Whose turn it is to make the tables of a server: of collectors that start at once, one does and the others wait.

ClickHouse has no locks for its clients, but it makes a table of a name once. A turn is a table with a number in its
name; the next number is taken by making it, and the newest is never dropped but by who has taken a higher one. So
numbers only rise, and who finds its own table the newest has the turn. Who has it says in the table's comment that it
is alive; the server keeps when that was.
"""

import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import sqlalchemy

from spanwise_collector.errors import StoreError
from spanwise_collector.store.engine import Engine, StoreAway
from spanwise_collector.store.layout import TURN

_FREE: Final = "free"


@dataclass(frozen=True, slots=True, order=True)
class _Taken:
    """A turn that was taken: its number, whose it is, and the seconds since that one last said so."""

    number: int
    holder: str
    age: int


class Turn:
    """The turn of one collector at the store of `engine`; one that is silent for `patience` seconds has lost it.

    `patience` must be longer than the holder may be silent: four statements are, each as long as one is waited for. A
    statement that was not answered may still run: its turn is not given back, and this one too waits that long.
    """

    def __init__(self, engine: Engine, patience: float) -> None:
        self._engine = engine
        self._patience = patience
        self._holder = secrets.token_hex(8)
        self._number = 0
        self._said = 0.0
        self._unanswered = float("-inf")

    @contextmanager
    def taken(self) -> Generator[None, None, None]:
        """Hold the turn until the block ends.

        Raises StoreAway while another has it, or has just been quicker, and while what was begun may still run.
        """
        self._take()
        try:
            yield
        finally:
            # Where it cannot be given back it is lost by silence.
            with suppress(StoreError):
                if self._rest() <= 0:
                    self._mark(_FREE)

    def run(self, statement: str) -> None:
        """Run a statement if this one still has the turn; raises StoreAway where it was silent for too long."""
        newest = self._found()[-1]
        if (newest.number, newest.holder) != (self._number, self._holder):
            raise StoreAway("Another collector makes the tables: this one was silent for too long and lost its turn.")
        if time.monotonic() - self._said > self._patience / 4:
            self._mark(self._holder)
        try:
            self._engine.run(statement)
        except StoreAway:
            self._unanswered = time.monotonic()
            raise

    def _rest(self) -> float:
        """Seconds for which a statement that was not answered may still run; 0 or less where none may."""
        return self._patience - (time.monotonic() - self._unanswered)

    def _take(self) -> None:
        if (rest := self._rest()) > 0:
            raise StoreAway(
                "The store did not say how a step of making its tables ended, and may still be at it: the next attempt"
                f" is {rest:.0f} s from now."
            )
        before = self._found()
        newest = before[-1] if before else _Taken(0, _FREE, 0)
        # It may be this one's own: made, and the answer lost.
        if newest.holder != self._holder:
            if newest.holder != _FREE and newest.age < self._patience:
                raise self._taken_by_another(newest)
            self._make(newest.number + 1)
        after = self._found()
        if not after or after[-1].holder != self._holder:
            raise self._taken_by_another(after[-1] if after else newest)
        self._number, self._said = after[-1].number, time.monotonic()
        for each in after[:-1]:
            self._engine.run(self._engine.layout.turn_over(each.number))

    def _make(self, number: int) -> None:
        try:
            self._engine.run(self._engine.layout.turn(number, self._holder))
        except StoreAway:
            raise
        except StoreError:
            # By its words alone "exists already" of one server is not told from that of another in a cluster.
            if not any(each.number >= number for each in self._found()):
                raise

    def _mark(self, holder: str) -> None:
        # Another text each time: an unchanged comment need not be written.
        self._engine.run(self._engine.layout.turn_of(self._number, f"{holder} {secrets.token_hex(4)}"))
        self._said = time.monotonic()

    def _found(self) -> list[_Taken]:
        """Every turn there is, the newest last."""
        name: sqlalchemy.ColumnClause[str] = sqlalchemy.column("name")
        comment: sqlalchemy.ColumnClause[str] = sqlalchemy.column("comment")
        said: sqlalchemy.ColumnClause[int] = sqlalchemy.column("metadata_modification_time")
        age: sqlalchemy.Function[int] = sqlalchemy.func.dateDiff("second", said, sqlalchemy.func.now())
        query = (
            sqlalchemy.select(name, comment, age.label("age"))
            .select_from(sqlalchemy.table("tables", schema="system"))
            .where(sqlalchemy.column("database") == sqlalchemy.func.currentDatabase())
            .where(sqlalchemy.func.startsWith(name, TURN))
        )
        rows = self._engine.read(query)
        return sorted(_Taken(int(row.name.removeprefix(TURN)), row.comment.partition(" ")[0], row.age) for row in rows)

    def _taken_by_another(self, newest: _Taken) -> StoreAway:
        return StoreAway(
            "Another collector makes the tables of this store now, and this one waits until it has. If that one was"
            f" killed amid it, this one goes on {max(0, self._patience - newest.age):.0f} s from now."
        )
