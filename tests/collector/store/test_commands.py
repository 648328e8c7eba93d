"""Statements of the embedded engine that several threads run: its connection takes one at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from spanwise_collector.store import EmbeddedEngine

TOGETHER = 4


class Connection:
    """Notes whether two statements were ever in it at once: each waits a little for another to come."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.met = False
        self._meeting = threading.Barrier(2)

    def command(self, statement: str) -> None:
        self.ran.append(statement)
        try:
            self._meeting.wait(0.05)
        except threading.BrokenBarrierError:
            self._meeting.reset()
        else:
            self.met = True


def test_no_two_commands_share_the_connection() -> None:
    engine, connection = EmbeddedEngine.__new__(EmbeddedEngine), Connection()
    engine._commands, engine._command_lock = connection, threading.Lock()  # type: ignore[assignment]
    with ThreadPoolExecutor(TOGETHER) as threads:
        list(threads.map(engine.run, map(str, range(TOGETHER))))
    assert (sorted(connection.ran), connection.met) == (["0", "1", "2", "3"], False)
