"""One notebook: an SQLite file in the data folder, or a PostgreSQL database by its URL; opened at this version."""

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from spanwise_collector.errors import NotebookError, SettingError, excerpt
from spanwise_collector.notebook.upgrade import upgrade

FILE = "notebook.db"
_WAIT_SECONDS = 5
_POLL_SECONDS = 0.01
# SQLite's locks belong to the process, and closing any descriptor of the file drops them all.
_creating = threading.Lock()
_EXPECTED = "expected postgresql://user:password@host/database, or nothing for a file in the data folder"

T = TypeVar("T")


class Notebook:
    """What people write down. Every access is one transaction, and durable when it has ended.

    It may be used by any thread, and an SQLite file by several processes at once. Raises NotebookError where the
    database cannot be asked; its text never holds a password.
    """

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine = engine
        self.shown = shown
        """Where it is kept, as people may see it: without a password."""

    @classmethod
    def open(cls, folder: Path, url: str = "") -> Self:
        """Open the database of a data folder, or that of `url`, and bring it to this version.

        Raises SettingError where that cannot be: it is away, not a database, or a newer version has written it.
        """
        made = _postgresql(url) if url else _sqlite(folder / FILE)
        shown = made.url.set(drivername="postgresql").render_as_string(hide_password=True) if url else FILE
        try:
            with made.begin() as connection:
                upgrade(connection)
        except DBAPIError as error:
            made.dispose()
            place = shown if url else str(folder / FILE)
            raise SettingError(
                f"The notebook {place} cannot be used: {_reason(error)}. It holds keys and saved views;"
                " see --notebook and --data."
            ) from None
        except BaseException:
            made.dispose()
            raise
        return cls(made, shown)

    @contextlib.contextmanager
    def page(self) -> Iterator[Session]:
        """One transaction: kept when the block ends well, undone when it raises."""
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
        except DBAPIError as error:
            raise NotebookError(f"The notebook {self.shown} cannot be asked: {_reason(error)}.") from None

    def looked_at(self, look: Callable[[Connection], T]) -> T:
        """What `look` finds by means of a connection of its own."""
        with self._engine.connect() as connection:
            return look(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def one_at_a_time(page: Session, what: str) -> None:
    """Wait until no other transaction of any collector does this; an SQLite file is written by one at a time anyway."""
    if page.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        page.execute(select(func.pg_advisory_xact_lock(literal(key, BigInteger))))


def _sqlite(file: Path) -> Engine:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Nobody else may read it: SQLite gives the files beside it the same mode.
        with _creating, contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise SettingError(
            f"The notebook {file} cannot be used: {error.strerror}. Choose another folder with --data or SPANWISE_DATA."
        ) from error
    # No pool: opening costs 0.1 ms, and the file is asked every other second.
    made = create_engine(
        URL.create("sqlite", database=str(file)), poolclass=NullPool, connect_args={"timeout": _WAIT_SECONDS}
    )

    @event.listens_for(made, "connect")
    def connected(connection: Any, record: object) -> None:
        # Transactions are begun below: the driver itself would begin none before a CREATE or a SELECT.
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def begun(connection: Connection) -> None:
        # At once for writing: one that reads first and writes then would fail when another wrote meanwhile.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite itself does not wait there for one that writes in the old way."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _postgresql(text: str) -> Engine:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        # The text is not quoted: there may be a password in it.
        raise SettingError(f"--notebook (SPANWISE_NOTEBOOK, notebook in spanwise.toml) cannot be used; {_EXPECTED}.")
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=2,
        connect_args={"connect_timeout": _WAIT_SECONDS, "application_name": "spanwise"},
    )


def _reason(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return excerpt(lines[0] if lines else type(error.orig).__name__, 300).rstrip(".")
