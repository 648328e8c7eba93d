"""Facets against collections.Counter over the same spans and records."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.model.log import LogRecord, severity_name
from spanwise_collector.model.span import Span, kind_name, status_name
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.facets import Facet, Facets, Wanted, facets
from spanwise_collector.query.language.parse import parse
from spanwise_collector.query.language.tree import Equals, Key, Level, Signal, Term
from spanwise_collector.query.language.write import key_text, name_of, value_text

from tests.collector.inside import Inside
from tests.contract import query_definition
from tests.contract.query_corpus import make_logs, make_spans
from tests.contract.query_wire import log_request, span_request
from tests.factories import MINUTE, START
from tests.generated import seed

PROJECT = "facets"
END = START + 20 * MINUTE
FIELDS = {"spans": ("service", "name", "status", "kind"), "logs": ("service", "severity", "event_name")}
Records = list[Span] | list[LogRecord]


@pytest.fixture(scope="module")
def sent(collector: Inside) -> dict[str, Records]:
    chance = random.Random(seed())
    spans = make_spans(chance, 60)
    records = make_logs(chance, 300, sorted({each.trace_id for each in spans}))
    half = len(spans) // 2
    collector.send(PROJECT, span_request(spans[:half]), span_request(spans[half:]), log_request(records))
    return {"spans": spans, "logs": records}


def ask(collector: Inside, of: Signal, q: str = "", most: int = 10**6, **wanted: object) -> Facets:
    rows = Rows(PROJECT, of, START, END, parse(q, of).where)
    return facets(collector.engine, rows, Wanted(**wanted), most)  # type: ignore[arg-type]


def field(name: str, each: Span | LogRecord) -> str:
    if isinstance(each, LogRecord):
        return severity_name(each.severity_number) if name == "severity" else str(getattr(each, name))
    numbers = {"status": status_name(each.status_code), "kind": kind_name(each.kind)}
    return numbers.get(name) or str(getattr(each, name))


def counted(of: Signal, records: Iterable[Span | LogRecord]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for each in records:
        for name in FIELDS[of]:
            if field(name, each):
                found.setdefault(name, Counter())[field(name, each)] += 1
        for attribute in {**each.attributes, **each.resource.attributes}:
            (value,) = query_definition.values(Key("plain", attribute), each)
            found.setdefault(name_of(of, Key("plain", attribute)), Counter())[str(value)] += 1
    return found


def expected(key: str, counts: Counter[str], rows: int, most: int) -> Facet:
    values = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))
    present = counts.total()
    other = present - sum(count for _, count in values[:most])
    return Facet(key, present, rows - present, len(values), other, tuple(values[:most]))


@pytest.mark.parametrize(
    ("of", "q"),
    [
        ("spans", ""),
        ("spans", "service:api OR status:error"),
        ("spans", '-http.route:"/pay/*"'),
        ("logs", ""),
        ("logs", "severity>=warn"),
        ("spans", "service:nobody"),
    ],
)
def test_facets_count_as_a_counter_does(collector: Inside, sent: dict[str, Records], of: Signal, q: str) -> None:
    where = parse(q, of).where
    matching = [each for each in sent[of] if query_definition.holds(where, each)]
    wanted = counted(of, matching)
    found = ask(collector, of, q, most_keys=100, most_values=4)
    assert {each.key: each.present for each in found.found} == {key: n.total() for key, n in wanted.items()}
    for each in found.found:
        exact = expected(each.key, wanted[each.key], len(matching), 4)
        if each.key in ("kind", "status", "severity"):
            # Those of equal counts are by their numbers.
            assert sorted(count for _, count in each.values) == sorted(count for _, count in exact.values)
            assert all(wanted[each.key][value] == count for value, count in each.values)
            continue
        assert each == exact
    assert (found.extent.exact, found.extent.matched, found.extent.scanned) == (True, len(matching), len(sent[of]))


def test_keys_without_a_facet_are_named_with_their_counts(collector: Inside, sent: dict[str, Records]) -> None:
    wanted = counted("spans", sent["spans"])
    found = ask(collector, "spans", most_keys=3)
    assert [each.key for each in found.found] == ["service", "name", "status"]
    assert found.keys == len(wanted)
    left = {key: counts.total() for key, counts in wanted.items() if key not in ("service", "name", "status")}
    assert dict(found.others) == left
    assert found.others == sorted(found.others, key=lambda item: (-item[1], item[0]))


def test_keys_can_be_named_in_any_scope(collector: Inside, sent: dict[str, Records]) -> None:
    keys = {"resource.zone": Key("resource", "zone"), "attribute.status": Key("attribute", "status")}
    keys |= {"scope.name": Key("scope", "name"), "none such": Key("plain", "none such")}
    found = ask(collector, "spans", keys=tuple(keys.items()), most_values=3)
    for each in found.found:
        counts = Counter(
            str(value) for span in sent["spans"] for value in query_definition.values(keys[each.key], span) if value
        )
        assert each == expected(each.key, counts, len(sent["spans"]), 3)


def test_a_sample_says_that_it_is_one_and_adds_up(collector: Inside, sent: dict[str, Records]) -> None:
    found = ask(collector, "spans", most=len(sent["spans"]) // 4)
    assert not found.extent.exact
    assert found.extent.matched == len(sent["spans"])
    assert 0 < found.looked_at < len(sent["spans"])
    assert all(each.present + each.missing == len(sent["spans"]) for each in found.found)
    assert found == ask(collector, "spans", most=len(sent["spans"]) // 4)


@given(st.sampled_from(["spans", "logs"]), st.text(min_size=1, max_size=12), st.text(max_size=12))
def test_what_is_written_reads_as_what_was_meant(level: Level, key: str, value: str) -> None:
    name = name_of(level, Key("plain", key))
    where = parse(f"{key_text(name)}:{value_text(value)}", level).where
    assert where in (Term(Key("plain", key), Equals(value)), Term(Key("attribute", key), Equals(value)))


@pytest.mark.parametrize("key", ["service", "has", "resource.a", "trace.id", "name", "a b", 'q"', "NOT", "-x"])
def test_an_attribute_that_is_called_like_something_else_is_still_written_as_one(key: str) -> None:
    where = parse(f"{key_text(name_of('spans', Key('plain', key)))}:v", "spans").where
    assert where in (Term(Key("plain", key), Equals("v")), Term(Key("attribute", key), Equals("v")))
