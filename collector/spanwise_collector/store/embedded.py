"""The embedded column engine: one folder, one process, several connections."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client
from sqlalchemy.pool import QueuePool

from spanwise_collector.errors import StoreError
from spanwise_collector.store import schema
from spanwise_collector.store.engine import INSERT_SETTINGS, Engine, Inserter
from spanwise_collector.store.layout import Layout, quoted

_SERVER_OPTIONS: Final[Mapping[str, int]] = {
    # The engine's own defaults are sized for a server of its own: caches of 5 GiB each, 90 % of the memory.
    "mark_cache_size": 64 << 20,
    "primary_index_cache_size": 64 << 20,
    "index_mark_cache_size": 16 << 20,
    "query_condition_cache_size": 16 << 20,
    "background_pool_size": 2,
    "background_schedule_pool_size": 2,
}


class EmbeddedEngine(Engine):
    """Runs SQL on the data in `folder`; connections are opened as they are needed, each its own session.

    `memory` (bytes) bounds the whole engine, `query_seconds` and `query_memory` each query. Raises StoreError where
    the folder cannot be opened; the engine leaves it with the last connection.
    """

    layout = Layout()

    def __init__(
        self, folder: Path, *, memory: int, query_seconds: float, query_memory: int, connections: int = 4
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._options = {**_SERVER_OPTIONS, "max_server_memory_usage": memory}
        self._path = str(folder)
        self._command_lock = threading.Lock()
        self._commands = self.connect({})
        super().__init__(query_seconds, lambda count: self._reading(count, query_seconds, query_memory), connections)
        sqlalchemy.event.listen(self._reader, "connect", _count_what_is_read)

    def inserter(self) -> Inserter:
        # As a file: given as text, the engine would write it to the working directory, which may not be ours.
        return _FromFile(self.connect({**INSERT_SETTINGS, "format_schema": str(schema.wire_format())}))

    def run(self, statement: str) -> None:
        with self._command_lock:
            try:
                self._commands.command(statement)
            except Exception as error:
                raise StoreError(str(error)) from error

    def close(self) -> None:
        super().close()
        self._commands.close()

    def commander(self) -> Client:
        return self.connect({})

    def connect(self, settings: Mapping[str, object]) -> Client:
        """Open a connection of the caller's own, which the caller closes; it runs one statement at a time."""
        try:
            return get_client(interface="chdb", path=self._path, chdb_options=self._options, settings=dict(settings))
        except Exception as error:
            raise StoreError(f"The store in {self._path} cannot be opened: {error}") from error

    def _reading(self, connections: int, seconds: float, memory: int) -> sqlalchemy.Engine:
        return sqlalchemy.create_engine(
            "clickhousedb:///default",
            connect_args={
                "interface": "chdb",
                "path": self._path,
                "chdb_options": self._options,
                "ch_max_execution_time": seconds,
                "ch_max_memory_usage": memory,
                "ch_readonly": 2,
            },
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=seconds,
        )


def _count_what_is_read(connection: Any, _: object) -> None:
    """Let a query's summary have the rows it has read, as over HTTP; the driver has those of the answer there."""
    connection.client._backend._summary = lambda result: {"read_rows": str(result.storage_rows_read())}


class _FromFile(Inserter):
    def __init__(self, client: Client) -> None:
        self._client = client

    def insert(self, table: str, message: str, name: str, segment: Path) -> None:
        # By its descriptor: the engine takes braces in a path for a pattern, and inserts nothing where none matches.
        with segment.open("rb") as file:
            statement = (
                f"INSERT INTO {table} FROM INFILE '/dev/fd/{file.fileno():d}'"
                f" SETTINGS format_schema_message_name = {quoted(message)},"
                f" insert_deduplication_token = {quoted(name)}"
                " FORMAT Protobuf"
            )
            try:
                self._client.command(statement)
            except Exception as error:
                raise StoreError(str(error)) from error

    def close(self) -> None:
        self._client.close()
