"""Telemetry removed from every table, physically: rows, what was summed up from them, and the parts that held them."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from clickhouse_connect.cc_sqlalchemy.dialect import ClickHouseDialect
from sqlalchemy import ColumnElement, and_, column, func, literal_column, or_

from spanwise_collector.errors import StoreError
from spanwise_collector.model.erasure import ALWAYS, Erasure
from spanwise_collector.store import schema
from spanwise_collector.store.embedded import EmbeddedEngine
from spanwise_collector.store.tables import MINUTE, trace_id_literal

ROWS: Final = {"spans": "start_time_unix_nano", "logs": "time_unix_nano", "metric_points": "time_unix_nano"}
"""Tables whose rows are what a sender sent, and the column of their own time."""
SUMS: Final = {
    "traces": "(project, trace_id)",
    "span_stats": "(project, minute, service)",
    "span_sample": "(project, trace_id)",
    "log_patterns": "(project, minute, service)",
    "attributes": "(project, day)",
    "error_forms": "(project, hour, service)",
}
"""Tables that views of `spans` and `logs` fill, and the key by which rows of them are worked out anew."""

_NOTED_KEYS: Final = SUMS | {
    "attributes": "(project, intDiv(minute, 1440))",
    "error_forms": "(project, intDiv(minute, 60), service)",
}
_START: Final = f"intDiv(start_time_unix_nano, {MINUTE})"
_TIME: Final = f"intDiv(time_unix_nano, {MINUTE})"
# The views that fill a sum, one behind the other, the table that the first reads, and the sum's key in that table.
_VIEWS: Final[dict[str, list[tuple[tuple[str, ...], str, str]]]] = {
    "traces": [(("traces_view",), "spans", "(project, trace_id)")],
    "span_stats": [(("span_stats_view",), "spans", f"(project, {_START}, service)")],
    "span_sample": [(("span_sample_view",), "spans", "(project, trace_id)")],
    "log_patterns": [(("log_patterns_view",), "logs", f"(project, {_TIME}, service)")],
    "attributes": [
        (("attributes_view",), "spans", f"(project, intDiv({_START}, 1440))"),
        (("log_attributes_view",), "logs", f"(project, intDiv({_TIME}, 1440))"),
    ],
    "error_forms": [
        (("spans_failed_view", "span_errors_view"), "spans", f"(project, intDiv({_START}, 60), service)"),
        (("logs_failed_view", "log_errors_view"), "logs", f"(project, intDiv({_TIME}, 60), service)"),
    ],
}
_MAPS: Final = {
    "spans": ("attributes", "resource_attributes", "scope_attributes"),
    "logs": ("attributes", "resource_attributes", "scope_attributes"),
    "metric_points": ("attributes", "resource_attributes"),
}
_WORK: Final = """
CREATE TABLE IF NOT EXISTS erasing (project String, trace_id FixedString(16), minute UInt32, service String)
ENGINE = MergeTree ORDER BY (project, trace_id) SETTINGS fsync_after_insert = 1
"""
_NOTED: Final = {
    "spans": """
INSERT INTO erasing SELECT DISTINCT project, trace_id, intDiv(start_time_unix_nano, 60000000000), service
FROM spans WHERE
""",
    "logs": """
INSERT INTO erasing SELECT DISTINCT project, toFixedString('', 16), intDiv(time_unix_nano, 60000000000), service
FROM logs WHERE
""",
}
_NO_PARTITION: Final = 19700101
_LONGEST_SWEEP: Final = 300.0
_dialect: Final = ClickHouseDialect(paramstyle="pyformat")


class Eraser:
    """Removes the rows of one erasure; each step may be repeated, in order from the first, after a kill."""

    def __init__(self, engine: EmbeddedEngine, erasure: Erasure) -> None:
        self._erasure = erasure
        self._client = engine.connect({"max_execution_time": 0, "mutations_sync": 2, "insert_deduplicate": 0})

    def close(self) -> None:
        self._client.close()

    def count(self) -> dict[str, int]:
        """How many rows of each table would go."""
        counted = {name: self._ask(f"SELECT count() FROM {name} WHERE", self._where(name)) for name in ROWS}  # noqa: S608 - our own names
        return {name: int(rows[0][0]) for name, rows in counted.items()}

    def remove(self) -> None:
        """Delete the rows, having noted of which sums they are a part."""
        self._do(_WORK)
        for name, noted in _NOTED.items():
            self._do(noted, self._where(name))
        for name in ROWS:
            self._keep_no_old_parts(name)
            self._do(f"ALTER TABLE {name} DELETE WHERE", self._where(name))
        if self._erasure.trace_id:
            self._forget_links()

    def correct(self) -> None:
        """Work out anew every sum of which a removed span was a part; nothing may be inserted meanwhile."""
        for name, key in SUMS.items():
            self._keep_no_old_parts(name)
            self._do(f"ALTER TABLE {name} DELETE WHERE {key} IN (SELECT {_NOTED_KEYS[name]} FROM erasing)")  # noqa: S608 - our own names
            for views, source, source_key in _VIEWS[name]:
                for (day,) in self._ask(f"SELECT DISTINCT _partition_id FROM {source}"):  # noqa: S608 - our own names
                    noted = f"{source_key} IN (SELECT {_NOTED_KEYS[name]} FROM erasing)"  # noqa: S608 - our own names
                    left = f"(SELECT * FROM {source} WHERE _partition_id = '{int(day):d}' AND {noted})"  # noqa: S608 - and a number
                    self._do(f"INSERT INTO {name} {_as_filled(views, source, left)}")

    def sweep(self, enough: Callable[[], bool]) -> None:
        """Remove what the engine would keep for a while: replaced parts, and the text of what we had it do.

        Queries keep the parts that they read; what they keep too long, or when it is `enough`, is a StoreError.
        """
        for name in (*ROWS, *SUMS):
            self._do(f"KILL MUTATION WHERE database = currentDatabase() AND table = '{name}' SYNC")
            deadline = time.monotonic() + _LONGEST_SWEEP
            while self._old_parts(name):
                # To drop a partition, even one that there is not, is what makes the engine clean up at once.
                self._do(f"ALTER TABLE {name} DROP PARTITION {_NO_PARTITION}")
                if enough() or time.monotonic() > deadline:
                    raise StoreError(f"Old parts of {name} are still in use.")
                time.sleep(0.05)
            self._do(f"ALTER TABLE {name} RESET SETTING old_parts_lifetime")
        self._do("DROP TABLE IF EXISTS erasing SYNC")

    def _where(self, name: str) -> ColumnElement[bool]:
        erasure = self._erasure
        own_time: ColumnElement[int] = column(ROWS[name])
        conditions = [
            column("project") == erasure.project,
            column("received_time_unix_nano") <= erasure.asked,
            self._matches(name),
        ]
        if erasure.start:
            conditions.append(own_time >= erasure.start)
        if erasure.end < ALWAYS:
            conditions.append(own_time < erasure.end)
        return and_(*conditions)

    def _matches(self, name: str) -> ColumnElement[bool]:
        erasure = self._erasure
        if erasure.trace_id:
            # Metrics know no traces.
            return (
                literal_column("1 = 0")
                if name == "metric_points"
                else column("trace_id") == trace_id_literal(erasure.trace_id)
            )
        if erasure.key == "service":
            return column("service") == erasure.value
        wanted = func.tuple(erasure.key, erasure.value)
        maps = [
            func.has(func.arrayZip(func.mapKeys(column(each)), func.mapValues(column(each))), wanted)
            for each in _MAPS[name]
        ]
        if name == "spans":
            pairs: ColumnElement[Any] = literal_column("m -> arrayZip(mapKeys(m), mapValues(m))")
            maps += [
                func.has(func.arrayFlatten(func.arrayMap(pairs, column(each))), wanted)
                for each in ("event_attributes", "link_attributes")
            ]
        return or_(*maps)

    def _forget_links(self) -> None:
        """Spans of other traces stay, but no longer say to which trace they were linked."""
        change = (
            " UPDATE"
            " link_span_ids = arrayMap((s, t) -> if(t = %(id)s, repeat('0', 16), s), link_span_ids, link_trace_ids),"
            " link_trace_ids = arrayMap(t -> if(t = %(id)s, repeat('0', 32), t), link_trace_ids)"
            " WHERE project = %(project)s AND has(link_trace_ids, %(id)s)"
        )
        for name in ("spans", "span_sample"):
            self._keep_no_old_parts(name)
            with _in_our_words():
                asked = {"id": self._erasure.trace_id, "project": self._erasure.project}
                self._client.command(f"ALTER TABLE {name}{change}", asked)

    def _keep_no_old_parts(self, name: str) -> None:
        self._do(f"ALTER TABLE {name} MODIFY SETTING old_parts_lifetime = 0")

    def _old_parts(self, name: str) -> bool:
        parts = "SELECT count() FROM system.parts WHERE NOT active AND database = currentDatabase()"
        return bool(self._ask(f"{parts} AND table = '{name}'")[0][0])

    def _do(self, statement: str, where: ColumnElement[bool] | None = None) -> None:
        with _in_our_words():
            self._client.command(*_with(statement, where))

    def _ask(self, query: str, where: ColumnElement[bool] | None = None) -> list[Any]:
        with _in_our_words():
            return list(self._client.query(*_with(query, where)).result_rows)


def _with(statement: str, where: ColumnElement[bool] | None) -> tuple[str, dict[str, Any] | None]:
    if where is None:
        return statement, None
    compiled = where.compile(dialect=_dialect)
    return f"{statement} {compiled}", dict(compiled.params)


def _as_filled(views: tuple[str, ...], source: str, left: str) -> str:
    """What views, one behind the other, would make of what is `left` of the table that the first reads."""
    made = ""
    for view in views:
        head = re.compile(rf"CREATE MATERIALIZED VIEW IF NOT EXISTS {view} TO (\w+) AS\n")
        (found,) = filter(None, map(head.match, schema.statements()))
        before, after = re.split(rf"\bFROM {source}\b", found.string[found.end() :])
        made = f"{before}FROM {left}{after}"
        left, source = f"({made})", found[1]
    return made


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(str(error)) from error
