"""The queue between checkout and notifications: a table in a SQLite file that both open.

A message carries the headers of the trace that put it there. It is taken by one worker, and comes back when
that worker has not finished it within `LEASE_SECONDS`.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

LEASE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Message:
    """What was put in the queue, and the trace headers that came with it."""

    number: int
    body: dict[str, str]
    headers: dict[str, str]


class OrderQueue:
    """First in, first out; each message is delivered at least once."""

    def __init__(self, data: Path) -> None:
        self._path = data / "orders-queue.db"
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS messages "
                "(number INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT, headers TEXT, taken_at REAL DEFAULT 0)"
            )

    def put(self, body: dict[str, str], headers: dict[str, str]) -> None:
        """Add a message; it is on disk when this returns."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO messages (body, headers) VALUES (?, ?)", (json.dumps(body), json.dumps(headers))
            )

    def take(self) -> Message | None:
        """The oldest message that nobody is at work on, or None when there is none."""
        now = time.time()
        with self._open() as connection:
            row = connection.execute(
                "UPDATE messages SET taken_at = ? WHERE number = "
                "(SELECT number FROM messages WHERE taken_at < ? ORDER BY number LIMIT 1) "
                "RETURNING number, body, headers",
                (now, now - LEASE_SECONDS),
            ).fetchone()
        return Message(row[0], json.loads(row[1]), json.loads(row[2])) if row else None

    def done(self, message: Message) -> None:
        """Forget a message that was worked off."""
        with self._open() as connection:
            connection.execute("DELETE FROM messages WHERE number = ?", (message.number,))

    def _open(self) -> _Closing:
        return _Closing(self._path)


class _Closing:
    """A connection for one transaction: committed, then closed (sqlite3's own `with` leaves it open)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(self._path, timeout=5.0)
        return self._connection

    def __exit__(self, kind: object, _error: object, _trace: object) -> None:
        if kind is None:
            self._connection.commit()
        self._connection.close()
