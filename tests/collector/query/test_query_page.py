"""The manual of the search language cannot lie: its examples are run, its mistakes made, its fields compared."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.errors import InvalidQuery
from spanwise_collector.query import traces
from spanwise_collector.query.aggregate import Aggregation, aggregate
from spanwise_collector.query.language.fields import FIELDS, PREFIXES, Field
from spanwise_collector.query.language.parse import Limits, parse
from spanwise_collector.query.language.tree import Level, Pipeline
from spanwise_collector.query.records import RecordSearch, search_logs, search_spans
from spanwise_collector.query.traces import TraceSearch

from tests.collector.inside import Inside
from tests.contract import query_page
from tests.factories import MINUTE, START

TEXT = query_page.PAGE.read_text(encoding="utf-8")
EXAMPLES = [
    (level, line)
    for level, block in re.findall(r"```(spans|logs|traces)\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]
# The left column of a table of what is written: values are those of spans and records alike.
WRITTEN = [
    (level, f"key{text}10" if text[0] in "<>" else text)
    for section, levels in {"Values": ("spans", "logs"), "Traces": ("traces",)}.items()
    for row in re.findall(r"^\| (`.*?) \| ", TEXT.split(f"## {section}\n")[1].split("\n## ")[0], re.MULTILINE)
    for text in re.findall(r"`(.*?)`", row)
    for level in levels
]
OF_FIELDS = [(level, field.example) for field in FIELDS for level in field.levels]
MISTAKES = re.findall(r"^\| `(.*?)` \| (`q`, column .*) \|$", TEXT, re.MULTILINE)


def test_the_table_of_fields_is_that_of_the_parser() -> None:
    assert query_page.rendered(TEXT) == TEXT
    assert {level for field in FIELDS for level in field.levels} == set(get_args(Level))
    assert [prefix for prefix in {**PREFIXES["spans"], **PREFIXES["logs"]} if f"| `{prefix}` |" not in TEXT] == []


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.levels[0]}-{field.name}")
def test_the_example_of_a_field_asks_for_it(field: Field) -> None:
    for level in field.levels:
        assert f"name='{field.name}'" in repr(parse(field.example, level).where)


@pytest.mark.parametrize(("level", "text"), [*EXAMPLES, *WRITTEN, *OF_FIELDS])
def test_every_example_is_answered(collector: Inside, level: Level, text: str) -> None:
    query = parse(text, level)
    if level == "traces":
        assert not traces.search(collector.engine, TraceSearch("manual", 0, START, query.where)).items
    elif query.pipeline is not None:
        asked = Aggregation("manual", level, START, START + MINUTE, query.where, query.pipeline)
        assert not aggregate(collector.engine, asked)[1]
    else:
        search = search_logs if level == "logs" else search_spans
        assert not search(collector.engine, RecordSearch("manual", 0, START, query.where)).items


@pytest.mark.parametrize(("text", "answer"), MISTAKES)
def test_every_mistake_is_answered_as_the_page_says(text: str, answer: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse(text, "spans")
    assert refused.value.message == answer


def test_there_are_examples_and_mistakes() -> None:
    assert (len(EXAMPLES), len(WRITTEN), len(OF_FIELDS), len(MISTAKES)) == (16, 33, 32, 4)


@pytest.mark.parametrize(
    ("text", "column", "length", "suggestions"),
    [
        ("trace.duratoin>2s", 1, 14, ("trace.duration",)),
        ("duration>5mss", 10, 4, ("ms", "s")),
        ("has:eror", 5, 4, ("error",)),
        ("a:b | group service | cont", 23, 4, ("count",)),
        ("key:/(a+/", 5, 5, ()),
        ('a "b', 3, 1, ()),
        ("{ count() > 3 }", 3, 11, ()),
        ("service:a > service:b", 11, 1, ()),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, column: int, length: int, suggestions: tuple[str, ...]) -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse(text, "spans" if "|" in text else "traces")
    found = refused.value
    assert (found.column, found.length, found.suggestions) == (column, length, suggestions), found.message


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("a" * 1_000_000, "query_length"),
        (" OR ".join(f"a:{n}" for n in range(1000)), "query_terms"),
        ("-" * 1000 + "a", "query_depth"),
        ("(a OR b c " * 100 + "d" + ")" * 100, "query_depth"),
    ],
)
def test_what_is_too_much_names_its_limit(text: str, limit: str) -> None:
    with pytest.raises(InvalidQuery, match=limit):
        parse(text, "spans", Limits(length=10_000, terms=500))


def test_a_pipeline_without_stages_counts() -> None:
    assert parse("a:b | count", "spans").pipeline == Pipeline()


@given(st.text(max_size=60) | st.text(alphabet='ab:"\\/*[]{}()|<>=!- TOANDcount1ms.', max_size=60))
def test_any_text_is_a_query_or_a_mistake_within_it(text: str) -> None:
    for level in get_args(Level):
        assert 1 <= _mistaken_at(text, level) <= len(text) + 1


def _mistaken_at(text: str, level: Level) -> int:
    try:
        parse(text, level)
    except InvalidQuery as error:
        return error.column
    return 1
