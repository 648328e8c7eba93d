"""What the rest of the collector may ask of a column store, whichever it is."""

import threading
import time
from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import sqlalchemy
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as DriverError
from clickhouse_connect.driver.exceptions import StreamFailureError
from numpy.lib.recfunctions import unstructured_to_structured
from numpy.typing import NDArray
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from spanwise_collector.errors import Overloaded, QueryLimit, Refused, SenderLeft, StoreError
from spanwise_collector.store.codes import code_of
from spanwise_collector.store.errand import Queries, current
from spanwise_collector.store.layout import Layout, quoted

INSERT_SETTINGS: Final = {
    "input_format_protobuf_oneof_presence": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    # In one thread a segment is cut into the same blocks every time, which is how an insert that is repeated is known.
    "max_threads": 1,
    "max_insert_threads": 1,
}

# How many answers are streamed at once: each holds a connection and some megabytes for as long as its reader takes.
STREAMS: Final = 2
_SMALL: Final = {"max_block_size": 4096, "preferred_block_size_bytes": 1 << 20, "max_threads": 2}


# The engine's clock of a query moves in steps, and may be this much ahead of ours.
_COARSE_SECONDS: Final = 0.01
_OVER: Final = "Code: 159. The time of the query was over, and its answer may not have been all of it."


class StoreAway(StoreError):
    """The store was not reached, or its answer was not: whether it did what was asked is not known."""

    reason = "store_away"


def failure(text: str) -> StoreError:
    """What the driver raised, in our terms: without a code it is no answer of the store's, but the way to it."""
    return StoreAway(text) if code_of(text) is None else StoreError(text)


class Inserter(ABC):
    """One thread's way into the store; it inserts one segment at a time."""

    @abstractmethod
    def insert(self, table: str, message: str, name: str, segment: Path) -> None:
        """Add a file of frames, each a `message` of otlp.proto; returns once its rows are durable.

        Of inserts with the same `name` only one counts. Raises StoreError, and StoreAway where
        the connection failed.
        """

    @abstractmethod
    def close(self) -> None:
        """Give up the connection."""


_T = TypeVar("_T")
_Select: TypeAlias = sqlalchemy.Select[*tuple[Any, ...]]
_Ask: TypeAlias = Callable[[sqlalchemy.Connection, _Select, dict[str, Any]], tuple[_T, Mapping[str, Any]]]


def _rows(
    connection: sqlalchemy.Connection, query: _Select, settings: dict[str, Any]
) -> tuple[Sequence[sqlalchemy.Row[Any]], Mapping[str, Any]]:
    # Not by the connection's own way: of an answer without rows that asks a second time, for the columns' names.
    client, text, values = _prepared(connection, query)
    result = client.query(text, values, settings)
    rows: IteratorResult[Any] = IteratorResult(SimpleResultMetaData(result.column_names), iter(result.result_rows))
    return rows.all(), result.summary


def _numbers(
    connection: sqlalchemy.Connection, query: _Select, settings: dict[str, Any]
) -> tuple[NDArray[np.void], Mapping[str, Any]]:
    client, text, values = _prepared(connection, query)
    context = client.create_query_context(text, values, settings, use_numpy=True)
    result: Any = client.query(context=context)
    found: NDArray[np.void] = result.np_result
    if not len(found):
        return np.empty(0, dtype=[(column.name, np.uint64) for column in query.selected_columns]), result.summary
    if found.dtype.names is None:
        # Columns that are all of one type come as a matrix.
        types = np.dtype([(name, found.dtype) for name in result.column_names])
        found = unstructured_to_structured(found, types)
    return found, result.summary


def _prepared(connection: sqlalchemy.Connection, query: _Select) -> tuple[Client, str, dict[str, Any]]:
    """The driver's own client, and the query's text and values for it."""
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    client: Client = connection.connection.dbapi_connection.client  # type: ignore[union-attr]
    return client, str(compiled), compiled.params


class Engine(ABC):
    """Runs SQL; methods may be called from any thread and raise StoreError with the store's own words.

    `connect` makes a pool of so many connections, each of whose queries may take `seconds` where it says nothing else:
    `connections` for the questions of people, one for the collector's own, and some for answers that are read for as
    long as their reader takes.
    """

    layout: Layout

    def __init__(self, seconds: float, connect: Callable[[int], sqlalchemy.Engine], connections: int) -> None:
        self.queries = Queries()
        self._query_seconds = seconds
        self._reader = connect(connections)
        self._watcher = connect(1)
        self._streamer = connect(STREAMS)
        self._stopper: Client | None = None
        self._stopper_lock = threading.Lock()

    @abstractmethod
    def inserter(self) -> Inserter:
        """Open a way in for one thread, which closes it."""

    @abstractmethod
    def run(self, statement: str) -> None:
        """Run a statement that answers with nothing."""

    def read(self, query: _Select) -> Sequence[sqlalchemy.Row[Any]]:
        """Answer a query with all its rows.

        On an errand within what is left of its allowance; raises QueryLimit beyond, and SenderLeft where nobody waits.
        """
        return self._answer(query, _rows)

    def read_numbers(self, query: _Select) -> NDArray[np.void]:
        """Answer a query for numbers alone as `read` does, but with a record array: no object is made for a row."""
        return self._answer(query, _numbers)

    def _answer(self, query: _Select, ask: _Ask[_T]) -> _T:
        try:
            with self._reader.connect() as connection:
                return self._counted(connection, query, ask)
        except (QueryLimit, SenderLeft) as refusal:
            self.queries.stop(refusal)
            raise
        except sqlalchemy.exc.DBAPIError as error:
            raise self._refusal(str(error.orig)) from error
        except (sqlalchemy.exc.SQLAlchemyError, DriverError) as error:
            raise self._refusal(str(error)) from error

    def stream(self, query: sqlalchemy.Select[*tuple[Any, ...]]) -> Generator[Sequence[Any], None, None]:
        """Answer a query block by block, each of about a megabyte at most and read when it is asked for.

        Close it to end the query. Raises as `read`, at any block, and Overloaded while as many others stream as may.
        """
        try:
            with self._streamer.connect() as connection:
                yield from self._blocks(connection, query)
        except (QueryLimit, SenderLeft) as refusal:
            self.queries.stop(refusal)
            raise
        except sqlalchemy.exc.TimeoutError as error:
            raise Overloaded(f"{STREAMS} others export now, and no more can: come back later.", delay=5) from error
        except sqlalchemy.exc.DBAPIError as error:
            raise self._refusal(str(error.orig)) from error
        except (sqlalchemy.exc.SQLAlchemyError, DriverError) as error:
            raise self._refusal(str(error)) from error

    def _blocks(
        self, connection: sqlalchemy.Connection, query: sqlalchemy.Select[*tuple[Any, ...]]
    ) -> Generator[Sequence[Any], None, None]:
        client, text, values = _prepared(connection, query)
        errand = current.get()
        settings = {} if errand is None else errand.settings()
        started = time.perf_counter()
        self.queries.begin(errand)
        try:
            with (
                self._whole(connection, settings),
                client.query_row_block_stream(text, values, settings | _SMALL) as blocks,
            ):
                row = namedtuple("row", blocks.source.column_names)  # type: ignore[misc]
                for block in blocks:
                    yield [row._make(values) for values in block]
        finally:
            self.queries.end(errand, time.perf_counter() - started)

    def _counted(self, connection: sqlalchemy.Connection, query: _Select, ask: _Ask[_T]) -> _T:
        errand = current.get()
        # After the wait for a connection: who has left meanwhile is not asked for, and the wait counts.
        settings = {} if errand is None else errand.settings()
        started = time.perf_counter()
        self.queries.begin(errand)
        rows = 0
        try:
            with self._whole(connection, settings):
                answer, summary = ask(connection, query, settings)
            rows = int(summary.get("read_rows", 0))
            return answer
        finally:
            self.queries.end(errand, time.perf_counter() - started, rows)

    @contextmanager
    def _whole(self, connection: sqlalchemy.Connection, settings: Mapping[str, Any]) -> Iterator[None]:
        """A query by its own settings; an answer that may not be all of it is a failure.

        The engine ends a query whose time is over, or that is stopped, between two steps, and now and then says nothing
        of it: the answer is then empty, or breaks off in the middle.
        """
        ends = time.perf_counter() + settings.get("max_execution_time", self._query_seconds) - _COARSE_SECONDS
        try:
            yield
            if time.perf_counter() >= ends:
                raise DriverError(_OVER)
            if (errand := current.get()) is not None:
                errand.awaited()
        except Exception as error:
            # The embedded engine keeps what a query had answered before it failed for as long as its connection lives.
            connection.invalidate()
            broken_off = isinstance(error, StreamFailureError) and code_of(str(error)) is None
            if broken_off and time.perf_counter() >= ends:
                raise DriverError(_OVER) from error
            raise

    def _refusal(self, text: str) -> Refused:
        errand = current.get()
        refusal = None if errand is None else errand.refusal(text)
        if refusal is None:
            return failure(text)
        self.queries.stop(refusal)
        return refusal

    def stop(self, mark: str) -> None:
        """End the queries of the errand with that mark, wherever they run; returns at once."""
        with self._stopper_lock:
            try:
                # A connection of its own: others may be busy with a long statement.
                self._stopper = self._stopper or self.commander()
                where = f"Settings['log_comment'] = {quoted(mark)}"
                self._stopper.command(f"KILL QUERY{self.layout.on_cluster} WHERE {where} ASYNC")
            except Exception as error:
                raise failure(str(error)) from error

    @abstractmethod
    def commander(self) -> Client:
        """Open a connection for statements, which the caller closes."""

    def look(self, query: _Select) -> Sequence[sqlalchemy.Row[Any]]:
        """Answer what the collector asks about itself: it never waits behind the questions of people."""
        try:
            with self._watcher.connect() as connection, self._whole(connection, {}):
                return _rows(connection, query, {})[0]
        except sqlalchemy.exc.DBAPIError as error:
            raise failure(str(error.orig)) from error
        except (sqlalchemy.exc.SQLAlchemyError, DriverError) as error:
            raise failure(str(error)) from error

    def check(self) -> None:
        """Raise StoreError unless the store answers; cheap enough to ask often."""
        self.look(sqlalchemy.select(sqlalchemy.literal(1)))

    def close(self) -> None:
        """Close every connection."""
        with self._stopper_lock:
            if self._stopper is not None:
                self._stopper.close()
        self._reader.dispose()
        self._watcher.dispose()
        self._streamer.dispose()
