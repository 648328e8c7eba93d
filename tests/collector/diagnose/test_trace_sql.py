"""Statements that take long, or ask for everything."""

from __future__ import annotations

import pytest
from spanwise_collector.diagnose.trace_sql import slow_statements
from spanwise_collector.model.span import Span

from tests.collector.diagnose.subjects import in_ms, subject, told


def statement(text: str, took: float, **more: object) -> list[Span]:
    asked = in_ms(2, 1, 10, 10 + took, "shop/SELECT", attributes={"db.query.text": text, **more})
    return [in_ms(1, 0, 0, 400, "shop/get"), asked]


def test_a_slow_statement_is_shown() -> None:
    found = slow_statements(subject(statement("SELECT *\n  FROM items WHERE id = ?", 200)))
    assert told(found) == [("shop", 0.5, "A statement of shop took 200 ms: SELECT * FROM items WHERE id = ?")]


def test_a_statement_without_bounds_is_told_already_where_it_takes_little() -> None:
    found = slow_statements(subject(statement("select * from items", 30)))
    assert told(found) == [
        (
            "shop",
            0.07,
            "A statement of shop took 30 ms and asks for all rows: it has neither WHERE nor LIMIT: select * from items",
        )
    ]
    many = slow_statements(subject(statement("SELECT 1 FROM t WHERE x", 30, **{"db.response.returned_rows": 5000})))
    assert [claim for _, _, claim in told(many)] == [
        "A statement of shop took 30 ms and returned 5,000 rows: SELECT 1 FROM t WHERE x"
    ]


@pytest.mark.parametrize(
    ("text", "took"),
    [
        ("SELECT * FROM items WHERE id = ?", 90),
        ("SELECT count(*) FROM items", 90),
        ("SELECT * FROM items LIMIT 50", 90),
        ("SELECT * FROM items", 10),
        ("INSERT INTO items VALUES (?)", 90),
        ("", 300),
    ],
)
def test_quick_bounded_and_unknown_statements_are_no_finding(text: str, took: float) -> None:
    assert slow_statements(subject(statement(text, took))) == []
