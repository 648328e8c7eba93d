"""Statements as spans: named, without literals, with failures, and with what waiting for the pool took."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Timer

import pytest
import spanwise
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from spanwise.sql import sanitized, summary
from spanwise.testing import capture
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import QueuePool


@pytest.mark.parametrize(
    ("statement", "clean"),
    [
        ("SELECT * FROM users WHERE name = 'O''Brien' AND age > 42", "SELECT * FROM users WHERE name = ? AND age > ?"),
        ("select 1.5e-3, 0xFF, -7, .5", "select ?, ?, ?, ?"),
        ("WHERE id IN (1, 2, 3)", "WHERE id IN (?)"),
        ("WHERE id IN (?, ?, ?)", "WHERE id IN (?)"),
        ("-- secret\nSELECT /* 'x' */ 1", "\nSELECT  ?"),
        ("SELECT $tag$it's$tag$, $$x$$, E'a\\'b'", "SELECT ?, ?, ?"),
        ('SELECT "o1"."name 2" FROM "order 3" o1', 'SELECT "o1"."name 2" FROM "order 3" o1'),
        (
            "WHERE a = :name AND b = %(other)s AND c = $1 AND d = %s",
            "WHERE a = :name AND b = %(other)s AND c = $1 AND d = %s",
        ),
        ("SELECT 'cut off", "SELECT ?"),
        ("SELECT col1, t2.col3 FROM t2", "SELECT col1, t2.col3 FROM t2"),
    ],
)
def test_literals_are_taken_out(statement: str, clean: str) -> None:
    assert sanitized(statement) == clean


@given(st.text(alphabet="abc '\"\\$-/*\n;()", max_size=60))
def test_a_quoted_literal_never_survives(noise: str) -> None:
    quoted = "'" + ("canary7" + noise).replace("\\", "").replace("'", "''") + "'"
    assert "canary7" not in sanitized(f"SELECT * FROM t WHERE a = {quoted}")


@pytest.mark.parametrize(
    ("statement", "short"),
    [
        ("select * from items where id = 1", "SELECT items"),
        ("INSERT INTO orders (id) VALUES (1)", "INSERT orders"),
        ("UPDATE items SET a = 1", "UPDATE items"),
        ("CREATE TABLE IF NOT EXISTS items (id int)", "CREATE items"),
        ("PRAGMA foreign_keys", "PRAGMA"),
        ("BEGIN", "BEGIN"),
        ("", ""),
    ],
)
def test_a_summary_is_verb_and_table(statement: str, short: str) -> None:
    assert summary(statement) == short


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = create_engine(
        "sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
    )
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE items (id int)"))
    yield made
    made.dispose()


def test_a_statement_is_a_client_span(engine: Engine) -> None:
    with capture() as seen, spanwise.span("work"), engine.connect() as connection:
        connection.execute(text("SELECT * FROM items WHERE id = :id AND 'x' = 'y'"), {"id": 7})
    (span, work) = seen.spans
    assert (span.name, span.kind, span.parent_id) == ("SELECT items", "client", work.span_id)
    assert span.attributes == {
        "db.operation.name": "SELECT",
        "db.query.summary": "SELECT items",
        "db.query.text": "SELECT * FROM items WHERE id = ? AND ? = ?",
        "db.system.name": "sqlite",
    }
    assert seen.queries == ["SELECT * FROM items WHERE id = ? AND ? = ?"]


def test_a_batch_says_its_size(engine: Engine) -> None:
    with capture() as seen, engine.begin() as connection:
        connection.execute(text("INSERT INTO items VALUES (:id)"), [{"id": number} for number in range(3)])
    assert seen.spans[0].attributes["db.operation.batch.size"] == 3


def test_a_failing_statement_is_recorded_and_raised(engine: Engine) -> None:
    with capture() as seen, pytest.raises(sqlalchemy.exc.OperationalError), engine.connect() as connection:
        connection.execute(text("SELECT * FROM missing"))
    (span,) = seen.spans
    assert (span.status, span.attributes["error.type"]) == ("error", "sqlite3.OperationalError")


def test_waiting_for_a_connection_is_an_event_with_its_length(engine: Engine) -> None:
    held = engine.connect()
    with capture() as seen, spanwise.span("work"):
        release = Timer(0.05, held.close)
        release.start()
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        release.join()
    ((name, waited),) = seen.one("work").events
    assert (name, waited["spanwise.wait.for"]) == ("spanwise.wait", "connection")
    assert waited["spanwise.wait.duration"] > 20_000_000
