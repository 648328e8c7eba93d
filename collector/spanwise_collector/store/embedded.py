"""The embedded column engine: one folder, one process, several connections."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from clickhouse_connect import get_client
from clickhouse_connect.driver.binding import quote_identifier
from clickhouse_connect.driver.client import Client
from sqlalchemy import Select, column, func, select, table
from sqlalchemy.pool import QueuePool

from spanwise_collector.errors import StoreError
from spanwise_collector.store import remembered, schema
from spanwise_collector.store.engine import INSERT_SETTINGS, Engine, Inserter, StoreAway
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

# Read by the engine's allocator as its library is loaded. One arena for two processors: with the one each that is its
# default, two inserts side by side keep a sixth more memory, what the other has given back (ADR-0197).
_ALLOCATOR: Final = ("JE_MALLOC_CONF", f"percpu_arena:disabled,narenas:{max(1, (os.cpu_count() or 1) // 2)}")

_MOMENT_SECONDS: Final = 0.2

_mine: Final = column("database") == func.currentDatabase()
_tables: Final[Select[*tuple[Any, ...]]] = (
    select(column("name"), column("data_paths"))
    .select_from(table("tables", schema="system"))
    .where(_mine, column("engine").like("%MergeTree"))
)
_parts: Final[Select[*tuple[Any, ...]]] = (
    select(column("table"), column("name")).select_from(table("parts", schema="system")).where(_mine, column("active"))
)


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
        os.environ.setdefault(*_ALLOCATOR)
        try:
            remembered.put_right(folder)
        except OSError as error:
            raise StoreError(f"The store in {folder} cannot be opened: {error}") from error
        self._folder = folder
        self._doubtful = False
        self._doubt = threading.Lock()
        self._detached: set[str] = set()
        self._options = {**_SERVER_OPTIONS, "max_server_memory_usage": memory}
        self._path = str(folder)
        self._command_lock = threading.Lock()
        self._commands = self.connect({})
        super().__init__(query_seconds, lambda count: self._reading(count, query_seconds, query_memory), connections)
        sqlalchemy.event.listen(self._reader, "connect", _count_what_is_read)

    def inserter(self) -> Inserter:
        # As a file: given as text, the engine would write it to the working directory, which may not be ours.
        return _FromFile(self, self.connect({**INSERT_SETTINGS, "format_schema": str(schema.wire_format())}))

    def run(self, statement: str) -> None:
        with self._command_lock:
            try:
                self._commands.command(statement)
            except Exception as error:
                raise StoreError(str(error)) from error

    def doubt(self) -> None:
        """An insert has failed: the engine may remember what it does not have."""
        with self._doubt:
            self._doubtful = True

    def settle(self) -> None:
        """Let the engine forget what it remembers and does not have, if an insert has failed since the last time.

        To be called before each insert; raises StoreAway where it cannot be found out, and nothing may be inserted. A
        table that must forget is away for a moment, and what asks it then is told to come again. Nobody may be reading
        from it: short answers are waited for, and while one is streamed, at the pace of its reader, it is StoreAway.
        """
        with self._doubt:
            if not self._doubtful:
                return
            try:
                self._put_right()
            except (OSError, StoreError) as error:
                raise StoreAway(f"After a failed insert it is not known what the store has: {error}") from error
            self._doubtful = False

    def close(self) -> None:
        super().close()
        self._commands.close()

    def commander(self) -> Client:
        return self.connect({})

    def _put_right(self) -> None:
        for name in sorted(self._detached):
            self._attach(name)
        wrong = self._wrong()
        if not wrong:
            return
        # Another insert notes its part a moment before it is there.
        time.sleep(_MOMENT_SECONDS)
        for name, folder in sorted(wrong & self._wrong()):
            if self._streaming():
                raise StoreError(f"{name} is put right when an export that reads from the store has ended.")
            self._detached.add(name)
            self.run(f"DETACH TABLE {quote_identifier(name)} SYNC")
            remembered.put_table_right(folder, self._folder / remembered.SPARE)
            self._attach(name)

    def _wrong(self) -> set[tuple[str, Path]]:
        """The tables with notes of parts that are not there, and their folders."""
        folders = {row.name: Path(row.data_paths[0]) for row in self.look(_tables)}
        # Before the parts: what is noted meanwhile is not looked at.
        logs = {name: remembered.notes(folder) for name, folder in folders.items()}
        parts: dict[str, list[str]] = defaultdict(list)
        for row in self.look(_parts):
            parts[row.table].append(row.name)
        return {(name, folder) for name, folder in folders.items() if remembered.are_wrong(logs[name], parts[name])}

    def _streaming(self) -> bool:
        pool = self._streamer.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout() > 0

    def _attach(self, name: str) -> None:
        self.run(f"ATTACH TABLE IF NOT EXISTS {quote_identifier(name)}")
        self._detached.discard(name)

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
    def __init__(self, engine: EmbeddedEngine, client: Client) -> None:
        self._engine = engine
        self._client = client

    def insert(self, table: str, message: str, name: str, segment: Path) -> None:
        self._engine.settle()
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
                self._engine.doubt()
                raise StoreError(str(error)) from error

    def close(self) -> None:
        self._client.close()
