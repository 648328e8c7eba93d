"""The embedded column engine: one folder, one process, several connections. The only module that knows the driver."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client
from sqlalchemy.pool import QueuePool

from spanwise_collector.errors import StoreError

_SERVER_OPTIONS: Final[Mapping[str, int]] = {
    # The engine's own defaults are sized for a server of its own: caches of 5 GiB each, 90 % of the memory.
    "mark_cache_size": 64 << 20,
    "primary_index_cache_size": 64 << 20,
    "index_mark_cache_size": 16 << 20,
    "query_condition_cache_size": 16 << 20,
    "background_pool_size": 2,
    "background_schedule_pool_size": 2,
}


class Engine:
    """Runs SQL on the data in `folder`; connections are opened as they are needed, each its own session.

    `memory` (bytes) bounds the whole engine, `query_seconds` and `query_memory` each query.
    Methods may be called from any thread. Raises StoreError with the engine's own words.
    """

    def __init__(
        self, folder: Path, *, memory: int, query_seconds: float, query_memory: int, connections: int = 4
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._options = {**_SERVER_OPTIONS, "max_server_memory_usage": memory}
        self._path = str(folder)
        self._command_lock = threading.Lock()
        self._commands = self.connect()
        self._reader = sqlalchemy.create_engine(
            "clickhousedb:///default",
            connect_args={
                "interface": "chdb",
                "path": self._path,
                "chdb_options": self._options,
                "ch_max_execution_time": query_seconds,
                "ch_max_memory_usage": query_memory,
                "ch_readonly": 2,
            },
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
        )

    def connect(self, settings: Mapping[str, Any] | None = None) -> Client:
        """Open a connection of the caller's own, which the caller closes; it runs one statement at a time."""
        try:
            return get_client(
                interface="chdb", path=self._path, chdb_options=self._options, settings=dict(settings or {})
            )
        except Exception as error:
            raise StoreError(f"The store in {self._path} cannot be opened: {error}") from error

    def run(self, statement: str) -> None:
        """Run a statement that answers with nothing."""
        with self._command_lock:
            try:
                self._commands.command(statement)
            except Exception as error:
                raise StoreError(str(error)) from error

    def read(self, query: sqlalchemy.Select[*tuple[Any, ...]]) -> Sequence[sqlalchemy.Row[Any]]:
        """Answer a query with all its rows."""
        try:
            with self._reader.connect() as connection:
                return connection.execute(query).all()
        except sqlalchemy.exc.DBAPIError as error:
            raise StoreError(str(error.orig)) from error

    def check(self) -> None:
        """Raise StoreError unless the engine answers; cheap enough to ask often."""
        self.read(sqlalchemy.select(sqlalchemy.literal(1)))

    def close(self) -> None:
        """Close every connection; the engine leaves the folder with the last one."""
        self._reader.dispose()
        self._commands.close()
