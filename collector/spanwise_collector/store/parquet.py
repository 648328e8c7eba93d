"""Rows of `spans` and `logs` as a Parquet file, a row group at a time, and back.

The columns are the store's own, with ids in hex and attributes as maps of texts; the numbers in `…_types` beside them
say what each was (010_functions.sql). What the file covers stands in its metadata.
"""

import importlib
import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from clickhouse_connect.cc_sqlalchemy.datatypes.sqltypes import FixedString
from sqlalchemy import Table

from spanwise_collector.errors import InvalidParameter
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.store.rows import LEFT_OUT, RowReader
from spanwise_collector.store.tables import logs, spans
from spanwise_collector.store.wire import END_KEY

# Blocks of a stream that make one row group, of about a megabyte each: it must fit into memory here and at a reader's.
_BLOCKS: Final = 16
_BATCH: Final = 1000
_MANY: Final = ("event_attributes", "link_attributes")
_ARRAY: Final = "Array("


def written(
    signal: str, blocks: Iterable[Sequence[Any]], covers: Callable[[], dict[str, Any]]
) -> Generator[bytes, None, None]:
    """The file of blocks of rows of SPAN_COLUMNS or LOG_COLUMNS; `covers` is asked when all were read."""
    arrow, parquet = library()
    table = logs if signal == "logs" else spans
    schema = _schema(arrow, table)
    sink = _Sink()
    writer = parquet.ParquetWriter(arrow.PythonFile(sink, "w"), schema, compression="zstd")
    group: list[Any] = []
    for number, block in enumerate(blocks, 1):
        group.append(block)
        if number % _BLOCKS == 0:
            writer.write_table(_arrow(arrow, schema, group))
            group.clear()
            yield sink.take()
    if group:
        writer.write_table(_arrow(arrow, schema, group))
    writer.add_key_value_metadata({END_KEY: json.dumps(covers())})
    writer.close()
    yield sink.take()


def read(file: Path) -> Iterator[list[Span] | list[LogRecord]]:
    """The spans or records of a file, in batches; ValueError where it has not the columns of one that was written here.

    Its bytes are read by native code: give it what others sent only in a process of its own.
    """
    arrow, parquet = library()
    try:
        source = parquet.ParquetFile(file)
        names = set(source.schema_arrow.names)
        table = logs if "body_type" in names else spans
        if missing := [each.name for each in table.columns if each.name not in {*names, *LEFT_OUT}]:
            raise ValueError(f"it has no column {missing[0]}")
        reader = RowReader()
        for batch in source.iter_batches(_BATCH):
            rows = [_row(table, each) for each in batch.to_pylist()]
            if not rows:
                continue
            yield [reader.log_record(row) for row in rows] if table is logs else [reader.span(row) for row in rows]
    except (arrow.ArrowException, OSError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(str(error)) from error


def library() -> tuple[ModuleType, ModuleType]:
    """pyarrow and its Parquet; raises InvalidParameter where they are not installed."""
    # `spanwise up` keeps it from being loaded for nothing: 36 MB.
    if sys.modules.get("pyarrow", sys) is None:
        del sys.modules["pyarrow"]
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise InvalidParameter("format", "Parquet needs pyarrow, which is not installed here.") from error


class _Sink:
    """What was written and not yet taken."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """What was written can still be taken."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _schema(arrow: Any, table: Table) -> Any:
    texts = arrow.map_(arrow.string(), arrow.string())

    def plain(kind: str) -> Any:
        if kind.startswith(_ARRAY):
            return arrow.list_(plain(kind[len(_ARRAY) : -1]))
        return getattr(arrow, kind.lower())() if "Int" in kind else arrow.string()

    def of(name: str, kind: Any) -> Any:
        if name in _MANY:
            return arrow.list_(texts)
        return texts if name.endswith("attributes") else plain(kind.ch_type.name)

    return arrow.schema([(each.name, of(each.name, each.type)) for each in table.columns if each.name not in LEFT_OUT])


def _arrow(arrow: Any, schema: Any, group: Sequence[Sequence[Any]]) -> Any:
    rows = [row for block in group for row in block]
    columns = dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
    return arrow.table([_column(arrow, field, columns) for field in schema], schema=schema)


def _column(arrow: Any, field: Any, columns: dict[str, Any]) -> Any:
    values = columns[field.name]
    texts = arrow.list_(arrow.string())
    if field.name in _MANY:
        keys = arrow.array(columns[f"{field.name}_keys"], arrow.list_(texts))
        inner = _map(arrow, keys.values, arrow.array(values, arrow.list_(texts)).values)
        return arrow.ListArray.from_arrays(keys.offsets, inner)
    if field.name.endswith("attributes"):
        return _map(arrow, arrow.array(columns[f"{field.name}_keys"], texts), arrow.array(values, texts))
    if isinstance(values[0], bytes):
        values = [each.hex() for each in values]
    return arrow.array(values, field.type)


def _map(arrow: Any, keys: Any, values: Any) -> Any:
    return arrow.MapArray.from_arrays(keys.offsets, keys.values, values.values)


def _row(table: Table, given: dict[str, Any]) -> Any:
    """A row as the store would have answered it."""
    row: dict[str, Any] = {}
    for column in table.columns:
        name, value = column.name, given.get(column.name)
        if name in LEFT_OUT:
            continue
        if name in _MANY:
            row[f"{name}_keys"] = [[key for key, _ in each] for each in value or ()]
            row[name] = [[text for _, text in each] for each in value or ()]
        elif name.endswith("attributes"):
            row[f"{name}_keys"] = [key for key, _ in value or ()]
            row[name] = [text for _, text in value or ()]
        else:
            row[name] = bytes.fromhex(str(value)) if isinstance(column.type, FixedString) else value
    return SimpleNamespace(**row)
