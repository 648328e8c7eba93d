"""Parts that a disk has damaged: found, put where no query meets them, and named."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from sqlalchemy import column, func, select, table

from spanwise_collector.errors import StoreError
from spanwise_collector.store.embedded import EmbeddedEngine
from spanwise_collector.store.retention import TABLES

_DAMAGED: Final = 40
"""ClickHouse's code for a checksum that does not match."""
_detached: Final = table(
    "detached_parts",
    column("database"),
    column("table"),
    column("partition_id"),
    column("name"),
    column("bytes_on_disk"),
    schema="system",
)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A part that is not in any answer, because its files are not what was written."""

    table: str
    day: str
    name: str
    bytes: int


def damaged(engine: EmbeddedEngine) -> list[Damaged]:
    """The parts that have been put aside, by this process or by the engine when it started."""
    columns = _detached.c
    query = (
        select(columns.table, columns.partition_id, columns.name, columns.bytes_on_disk)
        .where(columns.database == func.currentDatabase())
        .order_by(columns.table, columns.name)
    )
    return [Damaged(row.table, str(row.partition_id), row.name, int(row.bytes_on_disk)) for row in engine.look(query)]


def put_damaged_aside(engine: EmbeddedEngine, enough: Callable[[], bool]) -> list[str]:
    """Read every part once and compare it with its checksums; the names of those that were detached.

    Costs one reading of the whole store, in one thread; `enough` is asked before each part whether to end early.
    Raises StoreError where the engine does not answer.
    """
    client = engine.connect({"max_execution_time": 0, "max_threads": 1})
    try:
        return [part for name in TABLES for part in _of_table(client, name, enough)]
    except Exception as error:
        raise StoreError(str(error)) from error
    finally:
        client.close()


def _of_table(client: Client, name: str, enough: Callable[[], bool]) -> list[str]:
    listed = "SELECT name FROM system.parts WHERE active AND database = currentDatabase() AND table = %(table)s"
    aside = []
    for (part,) in _rows(client, listed, {"table": name}):
        if enough():
            break
        checked = _checked(client, name, part)
        if checked is not None and f"Code: {_DAMAGED}" in checked:
            client.command(f"ALTER TABLE {name} DETACH PART %(part)s", {"part": part})
            aside.append(f"{name} {part}")
    return aside


def _checked(client: Client, name: str, part: str) -> str | None:
    """What is wrong with a part; None where nothing is, or it has been merged into another meanwhile."""
    try:
        rows = _rows(client, f"CHECK TABLE {name} PART %(part)s", {"part": part})
    except Exception as error:
        return str(error)
    return next((str(row[2]) for row in rows if str(row[1]) not in ("1", "True")), None)


def _rows(client: Client, query: str, parameters: dict[str, Any]) -> list[Any]:
    return list(client.query(query, parameters).result_rows)
