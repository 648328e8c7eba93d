"""What is said to a cluster, statement by statement: read by the engine's own parser, and compared as a whole."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path
from typing import Any

import pytest
from spanwise_collector.store import schema
from spanwise_collector.store.layout import Layout
from spanwise_collector.store.migration import steps

NAMES = ("telemetry", 'it\'s a "cluster"', "back\\slash` -- ;")
WRITTEN = Path(__file__).parent / "cluster.sql"
CREATED = re.compile(r"CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS (\S+)|CREATE OR REPLACE FUNCTION (\S+)")


def statements(layout: Layout) -> list[str]:
    turns = [layout.turn(1, "a'b"), layout.turn_of(1, "a'b"), layout.turn_over(1)]
    versions = [*turns, layout.versions(), layout.made(2, 0)]
    dropped = [f"ALTER TABLE {layout.local('spans')}{layout.on_cluster} DROP PARTITION 20261121"]
    stepped = [statement for step in steps(layout=layout) for statement in step.statements]
    return [*schema.statements(layout), *versions, *dropped, *stepped]


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_reads_every_statement_and_finds_the_cluster_in_it(name: str) -> None:
    layout = Layout(name, "d'b")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        read = pool.apply(formatted, (statements(layout),))
    everywhere = [text for text in read if not text.startswith("INSERT")]
    literal = layout.on_cluster.removeprefix(" ON CLUSTER ")
    # The engine writes a name as an identifier, its own escapes in it.
    escaped = "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
    spelled = (f"ON CLUSTER {literal}", f"ON CLUSTER {escaped}", f"ON CLUSTER {name} ", f"ON CLUSTER {name}\n")
    assert [text for text in everywhere if not any(each in f"{text}\n" for each in spelled)] == []


def formatted(texts: list[str]) -> list[str]:
    """In a process of its own: the engine takes one folder a process."""
    import chdb

    session: Any = chdb.connect(":memory:")  # type: ignore[no-untyped-call]
    quoted = [text.replace("\\", "\\\\").replace("'", "\\'") for text in texts]
    return [session.query(f"SELECT formatQuery('{text}')", "TSVRaw").bytes().decode() for text in quoted]


def test_the_statements_are_those_that_were_read_and_judged() -> None:
    """After a change of the schema run this module (`python -m`), and read the difference."""
    assert text() == WRITTEN.read_text("utf-8")


def text() -> str:
    """All statements for a cluster, but for columns and the bodies of views: those are as on one server."""
    return ";\n\n".join(map(shortened, statements(Layout("telemetry", "spanwise")))) + ";\n"


def shortened(statement: str) -> str:
    if statement.startswith("CREATE TABLE") and "ENGINE = Distributed" not in statement:
        head, _, tail = statement.partition(" (\n")
        return f"{head} (…)" + tail.rpartition("\n)")[2] if tail else statement
    if statement.startswith("CREATE MATERIALIZED VIEW"):
        head, _, body = statement.partition(" AS\n")
        tables = re.findall(r"FROM (\w+)", body)
        return f"{head} AS SELECT … FROM {', '.join(tables)}"
    if statement.startswith("CREATE OR REPLACE FUNCTION"):
        return f"{statement.partition(' AS ')[0]} AS …"
    return statement


def test_without_a_cluster_no_statement_speaks_of_one() -> None:
    told = [text for text in schema.statements() if re.search(r"CLUSTER|Distributed|Replicated|_local\b|\$[\w{]", text)]
    assert told == []


def test_every_object_of_one_server_is_also_on_a_cluster() -> None:
    alone = {name for text in schema.statements() for name in CREATED.findall(text)}
    together = {name for text in schema.statements(Layout("c")) for name in CREATED.findall(text)}
    assert alone - together == set()


if __name__ == "__main__":
    WRITTEN.write_text(text(), "utf-8")
