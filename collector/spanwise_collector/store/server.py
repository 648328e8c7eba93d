"""A ClickHouse server or cluster, spoken to over HTTP."""

import logging
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import lz4.frame  # type: ignore[import-untyped]  # it has no types
import sqlalchemy
from clickhouse_connect.driver import create_client
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as DriverError
from clickhouse_connect.driver.httpclient import HttpClient
from sqlalchemy.pool import QueuePool

from spanwise_collector.errors import StoreError
from spanwise_collector.folder import Stand
from spanwise_collector.settings import Keeping, StoreAddress
from spanwise_collector.store import migration, schema
from spanwise_collector.store.codes import ABSENT, code_of
from spanwise_collector.store.engine import INSERT_SETTINGS, Engine, Inserter, failure
from spanwise_collector.store.layout import VERSIONS, Layout
from spanwise_collector.store.turn import Turn

# The loader and the API say what failed, once; the driver would say it again, with the URL of every request.
for _chatty in ("clickhouse_connect", "urllib3"):
    logging.getLogger(_chatty).setLevel(logging.ERROR)

_CHUNK: Final = 1 << 20
_CONNECT_SECONDS: Final = 5
_GRACE_SECONDS: Final = 5
_READERS: Final = 4
# Between two signs of life of who makes the tables: a mark, a quarter of the patience, a look, and a statement.
_SILENCES: Final = 4


class ServerEngine(Engine):
    """Runs SQL on the server at `address`; with the setting `cluster`, on all of that cluster.

    `collector` is the first part of every insert's token: several collectors may write to one store. It makes no
    connection by itself: the server may be away and come back at any time.
    """

    def __init__(self, address: StoreAddress, collector: str, settings: Keeping) -> None:
        self.layout = Layout(settings.cluster, address.database)
        self._address = address
        self._collector = collector
        self._seconds = settings.store_timeout
        self._quorum = settings.store_quorum
        self._lock = threading.Lock()
        self._prepared = False
        self._command_lock = threading.Lock()
        self._commands: Client | None = None
        super().__init__(settings.query_timeout, lambda count: self._reading(count, settings), _READERS)
        self._turn = Turn(self, _SILENCES * self._seconds + _CONNECT_SECONDS)

    def prepare(self) -> None:
        """Make what is missing, unless this version's schema is written down as made.

        Raises StoreAway while another collector does so, and StoreError also where a newer version has made it or makes
        it now: this one must not write to it.
        """
        with self._lock:
            if not self._prepared:
                self._make()
                self._prepared = True

    def inserter(self) -> Inserter:
        self.prepare()
        settings: dict[str, object] = {
            **INSERT_SETTINGS,
            "format_schema_source": "string",
            "format_schema": schema.wire_text(),
            # Collected with others in the server's memory, an insert would be answered before it is stored.
            "async_insert": 0,
            "wait_end_of_query": 1,
        }
        if self.layout.cluster:
            # Answered when every shard has its piece on disk, not when the pieces wait on the server that was asked.
            settings |= {"distributed_foreground_insert": 1}
        if self._quorum:
            settings |= {"insert_quorum": self._quorum, "insert_quorum_timeout": int(self._seconds * 1000)}
        return _OverHttp(self._connect(settings), self._collector)

    def run(self, statement: str) -> None:
        # A client runs one statement at a time.
        with self._command_lock:
            if self._commands is None:
                self._commands = self.commander()
            try:
                self._commands.command(statement)
            except DriverError as error:
                raise failure(str(error)) from error

    def commander(self) -> Client:
        return self._connect({"distributed_ddl_task_timeout": int(self._seconds)})

    def close(self) -> None:
        super().close()
        if self._commands is not None:
            self._commands.close()

    def _reading(self, connections: int, settings: Keeping) -> sqlalchemy.Engine:
        return sqlalchemy.create_engine(
            "clickhousedb://",
            connect_args={
                **self._connection(_GRACE_SECONDS + settings.query_timeout),
                "ch_max_execution_time": settings.query_timeout,
                "ch_max_memory_usage": settings.query_memory,
                # A part of the data must not look like all of it.
                "ch_skip_unavailable_shards": 0,
                "ch_distributed_product_mode": "global",
                "ch_readonly": 2,
            },
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=settings.query_timeout,
        )

    def _make(self) -> None:
        if self._is_made():
            return
        database = f"`{self._address.database.replace('`', '``')}`"
        client = self._connect({"distributed_ddl_task_timeout": int(self._seconds)}, database="")
        try:
            client.command(f"CREATE DATABASE IF NOT EXISTS {database}{self.layout.on_cluster}")
        except DriverError as error:
            raise failure(str(error)) from error
        finally:
            client.close()
        with self._turn.taken():
            # By another, before this one had the turn.
            if self._is_made():
                return
            found = self._stand()
            if found is None:
                schema.create(self._turn.run, self.layout)
                self._turn.run(self.layout.versions())
                self._record(Stand(migration.VERSION))
            else:
                migration.migrate(self._turn.run, found, self._record, layout=self.layout)

    def _is_made(self) -> bool:
        """Whether the tables are those of this version; raises StoreError where a newer one has begun with them."""
        found = self._stand()
        if found is not None and migration.is_newer(found, migration.steps(layout=self.layout)):
            raise StoreError(
                f"The store at {self._address} was made by a newer Spanwise, or is being made by it now (schema"
                f" {found}, this one knows {migration.VERSION}). Start the newer version here too, or choose another"
                " database with --store."
            )
        return found == Stand(migration.VERSION)

    def _record(self, stand: Stand) -> None:
        self._turn.run(self.layout.made(stand.version, stand.done))

    def _stand(self) -> Stand | None:
        """How far the tables are made; None where they are new, or were left by a kill before they were complete."""
        columns: list[sqlalchemy.ColumnClause[int]] = [sqlalchemy.column("version"), sqlalchemy.column("done")]
        newest = sqlalchemy.select(*columns).select_from(sqlalchemy.table(VERSIONS))
        try:
            rows = self.read(newest.order_by(*(each.desc() for each in columns)).limit(1))
        except StoreError as error:
            if code_of(error.message) not in ABSENT:
                raise
            return None
        return Stand(*rows[0]) if rows else None

    def _connection(self, seconds: float) -> dict[str, Any]:
        address = self._address
        return {
            "interface": "https" if address.secure else "http",
            "host": address.host,
            "port": address.port,
            "username": address.user,
            "password": address.password,
            "database": address.database,
            "connect_timeout": _CONNECT_SECONDS,
            "send_receive_timeout": max(1, round(seconds)),
            "autogenerate_session_id": False,
            "client_name": "spanwise",
        }

    def _connect(self, settings: Mapping[str, object], **changed: str) -> HttpClient:
        try:
            client = create_client(**{**self._connection(self._seconds), **changed}, settings=dict(settings))
        except DriverError as error:
            raise failure(str(error)) from error
        assert isinstance(client, HttpClient)
        return client


class _OverHttp(Inserter):
    def __init__(self, client: HttpClient, collector: str) -> None:
        self._client = client
        self._collector = collector

    def insert(self, table: str, message: str, name: str, segment: Path) -> None:
        with segment.open("rb") as file:
            try:
                self._client.raw_insert(
                    table,
                    insert_block=_compressed(file),
                    fmt="Protobuf",
                    compression="lz4",
                    settings={
                        "format_schema_message_name": message,
                        "insert_deduplication_token": f"{self._collector}-{name}",
                    },
                )
            except DriverError as error:
                raise failure(str(error)) from error

    def close(self) -> None:
        self._client.close()


def _compressed(file: BinaryIO) -> Generator[bytes, None, None]:
    compressor = lz4.frame.LZ4FrameCompressor()
    yield compressor.begin()
    while chunk := file.read(_CHUNK):
        yield compressor.compress(chunk)
    yield compressor.flush()
